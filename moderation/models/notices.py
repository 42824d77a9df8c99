"""Notices from outside, and the answers to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from moderation import policy
from moderation.models.cases import Report

# Whoever sent it reads it too.
_KINDS = [(kind, gettext_lazy(label)) for kind, label in policy.NOTICE_KINDS.items()]
_PENDING = Q(outcome="", decided_at=None, decided_by=None, why="")
_DECIDED = Q(
    outcome__in=("removed", "measure", "no_action"),
    decided_at__isnull=False,
    decided_by__isnull=False,
) & ~Q(why="")


class Notice(models.Model):
    """What somebody who need never have been here says is wrong: decided once, by `due_at`.

    `report` is the one whose evidence it is about, where it names one or whoever decides found it.
    From `overdue_at` on that evidence is hidden, unless it was decided (`selectors.notices`). A
    claim whose `claimed_until` has passed is none.
    """

    retention: ClassVar[str] = "notice"

    class Outcome(models.TextChoices):
        PENDING = "", "waits"
        REMOVED = "removed", "removed"
        MEASURE = "measure", "case opened"
        NO_ACTION = "no_action", "no action"

    reference = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=15, choices=_KINDS)
    sealed = models.BinaryField(help_text="`drafts.NoticeDraft`, by `moderation.sealing`.")
    report = models.ForeignKey(Report, null=True, on_delete=models.SET_NULL, related_name="notices")
    opened = models.OneToOneField(
        Report,
        null=True,
        on_delete=models.SET_NULL,
        related_name="opened_by",
        help_text="By the decision that somebody has to look at the person.",
    )
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    alerted_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
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
    why = models.CharField(max_length=1000, blank=True, help_text="Whoever sent it reads it.")

    class Meta:
        ordering = ("due_at", "pk")
        default_permissions = ()
        permissions = (("decide_notice", "Can decide notices from outside"),)
        constraints = (
            models.CheckConstraint(condition=_PENDING | _DECIDED, name="notice_answer_whole"),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_until=None)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False, outcome=""),
                name="notice_claim_whole",
            ),
        )
        indexes = (
            models.Index(fields=["outcome", "due_at"], name="notice_queue"),
            models.Index(fields=["received_at"], name="notice_received"),
        )

    def __str__(self) -> str:
        return f"notice {self.reference}"
