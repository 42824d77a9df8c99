"""Appeals against decisions, and the answers to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from moderation.models.decisions import Decision

_PENDING = Q(outcome="", decided_at=None, decided_by=None, why="")
_ANSWERED = Q(
    outcome__in=("granted", "refused"), decided_at__isnull=False, decided_by__isnull=False
) & ~Q(why="")
_OVERTAKEN = Q(outcome="overtaken", decided_at__isnull=False, decided_by=None, why="")


class Appeal(models.Model):
    """What somebody says against a decision about them: one for each decision, answered once.

    `decision_by` and `decision_approved_by` repeat the decision's, so that a constraint can tell
    that somebody else answers; triggers hold them to the decision, and what was answered to what it
    was. A claim whose `claimed_until` has passed is none.
    """

    retention: ClassVar[str] = "appeal"

    class Outcome(models.TextChoices):
        PENDING = "", "waits"
        GRANTED = "granted", "granted"
        REFUSED = "refused", "refused"
        # The decision was lifted before anybody answered.
        OVERTAKEN = "overtaken", "overtaken"

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="appeal")
    decision_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decision_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    text = models.CharField(max_length=1000)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=500, blank=True, help_text="The person reads it.")

    class Meta:
        ordering = ("created_at", "pk")
        default_permissions = ()
        permissions = (("decide_appeal", "Can decide appeals"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | Q(decision_by=None)
                | ~Q(decided_by=F("decision_by")),
                name="appeal_by_another",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | Q(decision_approved_by=None)
                | ~Q(decided_by=F("decision_approved_by")),
                name="appeal_not_by_who_approved",
            ),
            models.CheckConstraint(
                condition=_PENDING | _ANSWERED | _OVERTAKEN, name="appeal_answer_whole"
            ),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_until=None)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False, outcome=""),
                name="appeal_claim_whole",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="appeal_has_text"),
        )
        indexes = (models.Index(fields=["outcome", "created_at"], name="appeal_queue"),)

    def __str__(self) -> str:
        return f"appeal against {self.decision}"
