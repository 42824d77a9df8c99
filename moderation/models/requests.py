"""What one person asks for and another has to approve."""

from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from moderation.models.cases import Case
from moderation.policy import REQUESTS

_PENDING: Final = Q(outcome="", decided_at=None, decided_by=None)
_ANSWERED: Final = Q(
    outcome__in=("approved", "refused"),
    decided_at__isnull=False,
    decided_by__isnull=False,
    decided_at__lt=F("expires_at"),
) & ~Q(decided_by=F("by"))
_ENDED: Final = Q(outcome__in=("withdrawn", "expired"), decided_at__isnull=False, decided_by=None)


class Request(models.Model):
    """What somebody asks for that takes two persons, and the answer of another.

    One of a kind and target waits at a time. `case`: whose lane its readers need, if it is about
    one. Triggers hold what was asked, and how it was answered, to what it was.
    """

    retention: ClassVar[str] = "request"

    class Outcome(models.TextChoices):
        PENDING = "", "waits"
        APPROVED = "approved", "approved"
        REFUSED = "refused", "refused"
        # By who asked, or because what it rests on is no longer so.
        WITHDRAWN = "withdrawn", "withdrawn"
        EXPIRED = "expired", "expired"

    kind = models.CharField(max_length=12, choices=list(REQUESTS.items()))
    target = models.CharField(max_length=200, help_text="What it is about, as a label.")
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="requests")
    payload = models.JSONField(default=dict, help_text="What its kind needs to be carried out.")
    why = models.CharField(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("created_at", "pk")
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=_PENDING | _ANSWERED | _ENDED, name="request_answer_by_another"
            ),
            models.CheckConstraint(condition=~Q(why=""), name="request_has_why"),
            models.UniqueConstraint(
                fields=["kind", "target"], condition=Q(outcome=""), name="request_once"
            ),
        )
        indexes = (models.Index(fields=["outcome", "expires_at"], name="request_queue"),)

    def __str__(self) -> str:
        return f"request {self.pk}"
