"""Second opinions: what somebody else would have decided, without knowing what was."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from moderation import policy
from moderation.models.decisions import Decision

_ASKED = Q(by=None, at=None, measure="", rule="")
_GIVEN = Q(by__isnull=False, at__isnull=False) & (
    Q(measure="dismiss", rule="") | (~Q(measure="") & ~Q(measure="dismiss") & ~Q(rule=""))
)


class SecondOpinion(models.Model):
    """A question put to another moderator about a decision, and the answer. It changes nothing.

    `decision_by` repeats the decision's author, so that a constraint can tell that somebody else
    answers; triggers hold it to the decision, and what was given to what it was.
    """

    retention: ClassVar[str] = "second_opinion"

    decision = models.OneToOneField(
        Decision, on_delete=models.CASCADE, related_name="second_opinion"
    )
    decision_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(null=True)
    measure = models.CharField(max_length=10, choices=list(policy.MEASURES.items()), blank=True)
    rule = models.CharField(
        max_length=20, blank=True, choices=[(key, rule.title) for key, rule in policy.RULES.items()]
    )

    class Meta:
        ordering = ("asked_at", "pk")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=Q(by=None) | ~Q(by=F("decision_by")), name="opinion_by_another"
            ),
            models.CheckConstraint(condition=_ASKED | _GIVEN, name="opinion_whole"),
        )
        indexes = (models.Index(fields=["at"], name="opinion_given"),)

    def __str__(self) -> str:
        return f"second opinion {self.pk}"
