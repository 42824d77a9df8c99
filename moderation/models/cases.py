"""Cases, the reports under them, the evidence of each, and what happened to a case.

What strangers wrote lies sealed. It is read by properties, which open the seal anew each time and
raise `sealing.BadSeal` where none of the present keys does.
"""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from moderation import policy
from moderation.cases import Status
from moderation.policy.roles import lane_permission, measure_permission
from moderation.sealing import unseal


class Case(models.Model):
    """The unit of review: all that was reported of one subject in one lane.

    `version` grows with every change; a form posts the one it showed. A claim whose
    `claimed_until` has passed is none.
    """

    retention: ClassVar[str] = "case"

    subject = models.CharField(max_length=32, help_text="The visitor's tag.")
    lane = models.CharField(max_length=20, choices=list(policy.LANES.items()))
    status = models.CharField(
        max_length=10, choices=[(status, status.value) for status in Status], default=Status.OPEN
    )
    score = models.IntegerField(default=0)
    score_parts = models.JSONField(default=list, help_text="[[why, points], …]")
    version = models.PositiveIntegerField(default=1)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="claims"
    )
    claimed_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-score", "opened_at")
        constraints = (
            models.UniqueConstraint(fields=["subject", "lane"], name="case_once"),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_until=None)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False, status="claimed"),
                name="case_claim_whole",
            ),
            models.UniqueConstraint(
                fields=["claimed_by"],
                condition=Q(claimed_by__isnull=False),
                name="case_claim_one",
            ),
        )
        indexes = (models.Index(fields=["status", "-score"], name="case_queue"),)
        permissions = (
            *(
                (lane_permission(lane), f"Can review: {label}")
                for lane, label in policy.LANES.items()
            ),
            *(
                (measure_permission(measure), f"Can impose: {label}")
                for measure, label in policy.MEASURES.items()
            ),
        )

    def __str__(self) -> str:
        return f"case {self.pk}"


class Report(models.Model):
    """What one reporter said of one subject in one room. It keeps nobody's words but the note."""

    retention: ClassVar[str] = "report"

    class Source(models.TextChoices):
        VISITOR = "visitor", "a visitor"
        AUTOMATIC = "automatic", "our own checks"
        NOTICE = "notice", "a notice from outside"

    class Outcome(models.TextChoices):
        PENDING = "", "pending"
        UPHELD = "upheld", "upheld"
        DISMISSED = "dismissed", "dismissed"

    reference = models.CharField(max_length=16, unique=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.VISITOR)
    room = models.CharField(max_length=32)
    reporter = models.CharField(
        max_length=32, blank=True, help_text="Tag; empty where no visitor reported."
    )
    reporter_address = models.CharField(max_length=32, blank=True)
    reporter_seat = models.PositiveSmallIntegerField(null=True)
    subject = models.CharField(max_length=32)
    subject_seat = models.PositiveSmallIntegerField()
    subject_address = models.CharField(max_length=32, blank=True)
    subject_address_epoch = models.PositiveIntegerField(null=True)
    about = models.CharField(max_length=10, choices=list(policy.ABOUT.items()))
    reason = models.CharField(max_length=12, choices=list(policy.REASONS.items()))
    sealed_note = models.BinaryField(blank=True, help_text="Empty when there is none.")
    weight = models.FloatField(default=1.0)
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="reports")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING, blank=True)
    created_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["room", "reporter", "subject", "about"],
                condition=~Q(reporter=""),
                name="report_once",
            ),
            models.UniqueConstraint(
                fields=["room", "subject", "reason"],
                condition=Q(source="automatic"),
                name="report_automatic_once",
            ),
        )
        indexes = (
            models.Index(fields=["filed_at", "created_at"], name="report_unfiled"),
            models.Index(fields=["subject", "created_at"], name="report_subject"),
            models.Index(fields=["reporter", "resolved_at"], name="report_reporter"),
            models.Index(fields=["created_at"], name="report_created"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def note(self) -> str:
        """What the reporter wrote; empty when nothing."""
        if not self.sealed_note:
            return ""
        return unseal(self.sealed_note, "note", reference=self.reference).decode()


class Mute(models.Model):
    """That one reporter's reports count least until a time; lifting it deletes the row.

    The audit log has who set and who lifted it, and why.
    """

    retention: ClassVar[str] = "mute"

    reporter = models.CharField(max_length=32, unique=True, help_text="The visitor's tag.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mutes")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = (("mute_reporter", "Can mute a reporter and set their reports aside"),)

    def __str__(self) -> str:
        return f"mute {self.pk}"


class Evidence(models.Model):
    """What the server's own log said when the report was made.

    `purge_at` is the earliest it goes: `services.upkeep` also waits for the decision.
    """

    retention: ClassVar[str] = "evidence"

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="evidence")
    mode = models.CharField(max_length=10)
    began_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(help_text="Seats and transcript, in JSON.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what is sealed.")
    on_hold = models.BooleanField("legal hold", default=False)
    purge_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        permissions = (
            ("hold_evidence", "Can set a legal hold"),
            ("export_evidence", "Can export evidence"),
        )

    def __str__(self) -> str:
        return f"evidence of {self.report}"

    @property
    def content(self) -> bytes:
        """What was sealed, byte by byte: the `digest` is of it."""
        return unseal(self.sealed, "talk", reference=self.report.reference)

    @property
    def seats(self) -> dict[str, str]:
        """Who sat where: {seat: name}."""
        seats: dict[str, str] = json.loads(self.content)["seats"]
        return seats

    @property
    def transcript(self) -> list[dict[str, Any]]:
        """The lines of `drafts.Talk`, member by member."""
        lines: list[dict[str, Any]] = json.loads(self.content)["transcript"]
        return lines


class Still(models.Model):
    """What a reporter saw in a video, as they sent it: their claim, and not our log.

    It hangs on the evidence, so that it goes with it at the latest, and a legal hold keeps both.
    """

    retention: ClassVar[str] = "still"

    evidence = models.OneToOneField(Evidence, on_delete=models.CASCADE, related_name="still")
    sealed = models.BinaryField(help_text="A JPEG, by `moderation.sealing`.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the JPEG.")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"still of {self.evidence.report}"


class Activity(models.Model):
    """One change of a case, with the status before it."""

    retention: ClassVar[str] = "case"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="activities")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="A moderator's name, or `automatic`.")
    event = models.CharField(max_length=20)
    before = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "activities"
        ordering = ("-id",)
        indexes = (models.Index(fields=["event", "at"], name="activity_event"),)

    def __str__(self) -> str:
        return f"{self.event} ({self.before} to {self.after})"
