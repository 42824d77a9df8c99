"""Decisions with their statements of reasons, and the sanctions that follow. Append-only.

Triggers of the database refuse to change a row; ending a sanction appends a `SanctionEnd`.
"""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from moderation import policy
from moderation.models.cases import Case
from omegle.lib.words import gettext_noop


class Decision(models.Model):
    """What was decided on a case, and why: the statement of reasons of EU DSA Art. 17.

    The constraint `decision_has_statement` is what makes a restriction without one impossible: a
    sanction needs a decision, and every decision but a dismissal its rule, facts and why.
    `decision_permanent_by_two` does the same for a permanent ban that only one person wants.
    """

    retention: ClassVar[str] = "decision"

    class Source(models.TextChoices):
        # Translators: what led to a decision; the first letter is made a capital.
        REPORT = "report", gettext_noop("a report")
        OWN = "own", gettext_noop("our own checks")
        AUTOMATED = "automated", gettext_noop("automatic checks")

    reference = models.CharField(max_length=16, unique=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="decisions")
    subject = models.CharField(max_length=32)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    measure = models.CharField(max_length=10, choices=list(policy.MEASURES.items()))
    rule = models.CharField(
        max_length=20, blank=True, choices=[(key, rule.title) for key, rule in policy.RULES.items()]
    )
    facts = models.CharField(max_length=500, blank=True)
    why = models.CharField(max_length=1000, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    automated_detection = models.BooleanField(default=False)
    automated_decision = models.BooleanField(default=False)
    evidence = models.JSONField(default=list, help_text="Digests of what it rests on.")
    case_version = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(measure="dismiss") | (~Q(rule="") & ~Q(facts="") & ~Q(why="")),
                name="decision_has_statement",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(automated_decision=True),
                name="decision_has_author",
            ),
            models.CheckConstraint(
                condition=(~Q(measure="permanent") & Q(approved_by=None))
                | (
                    Q(measure="permanent", by__isnull=False, approved_by__isnull=False)
                    & ~Q(approved_by=F("by"))
                ),
                name="decision_permanent_by_two",
            ),
            models.UniqueConstraint(fields=["case", "case_version"], name="decision_once"),
        )
        indexes = (
            models.Index(fields=["subject", "created_at"], name="decision_subject"),
            models.Index(fields=["created_at"], name="decision_created"),
        )

    def __str__(self) -> str:
        return self.reference


class Sanction(models.Model):
    """A restriction of one tag. `seconds`: null for good, 0 for a warning."""

    retention: ClassVar[str] = "decision"

    class Target(models.TextChoices):
        VISITOR = "visitor", "visitor"
        ADDRESS = "address", "address"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="sanctions")
    target = models.CharField(max_length=10, choices=Target)
    tag = models.CharField(max_length=32)
    epoch = models.PositiveIntegerField(null=True, help_text="Of the key of an address tag.")
    measure = models.CharField(max_length=10, choices=list(policy.MEASURES.items()))
    automated = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(seconds=None, until=None)
                | Q(seconds__isnull=False, until__isnull=False),
                name="sanction_end_whole",
            ),
            models.CheckConstraint(
                condition=Q(target="visitor", epoch=None)
                | Q(target="address", epoch__isnull=False, seconds__isnull=False),
                name="sanction_address_ends",
            ),
            models.CheckConstraint(
                condition=Q(automated=False)
                | Q(
                    seconds__isnull=False,
                    seconds__lte=int(policy.AUTOMATIC_LONGEST.total_seconds()),
                ),
                name="sanction_automated_short",
            ),
            # A trigger holds the measure to the decision's.
            models.CheckConstraint(
                condition=Q(measure="permanent")
                | Q(
                    seconds__isnull=False,
                    seconds__lte=int(timedelta(days=7).total_seconds()),
                ),
                name="sanction_for_good_is_permanent",
            ),
        )
        indexes = (models.Index(fields=["target", "tag"], name="sanction_tag"),)

    def __str__(self) -> str:
        return f"{self.measure} on {self.target}"


class Lifting(models.Model):
    """That a decision was taken back: nothing of it holds or counts any more, run out or not."""

    retention: ClassVar[str] = "decision"

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="lifting")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    why = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.decision}, lifted"


class SanctionEnd(models.Model):
    """That a sanction is over: it ran out, or its decision was lifted."""

    retention: ClassVar[str] = "decision"

    class Reason(models.TextChoices):
        EXPIRED = "expired", "expired"
        LIFTED = "lifted", "lifted"

    sanction = models.OneToOneField(Sanction, on_delete=models.CASCADE, related_name="end")
    reason = models.CharField(max_length=10, choices=Reason)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.sanction}: {self.reason}"
