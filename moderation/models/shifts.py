"""What moderators looked at, for themselves alone, and which lanes they leave out."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from moderation import policy


class Shift(models.Model):
    """When somebody looked: `moderation.shifts.Looking` as a row. The last one is the present."""

    retention: ClassVar[str] = "exposure"

    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shifts"
    )
    began_at = models.DateTimeField()
    stretch_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-began_at",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["moderator", "began_at"], name="shift_once"),
            models.CheckConstraint(
                condition=Q(began_at__lte=F("stretch_at")) & Q(stretch_at__lte=F("seen_at")),
                name="shift_in_order",
            ),
        )
        indexes = (models.Index(fields=["seen_at"], name="shift_seen"),)

    def __str__(self) -> str:
        return f"shift {self.pk}"


class Exposure(models.Model):
    """That somebody saw a case, or a still, in a shift, and what it counts for.

    `what` is a label: nothing here keeps a case from being deleted.
    """

    retention: ClassVar[str] = "exposure"

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="exposures")
    what = models.CharField(max_length=40)
    lane = models.CharField(max_length=20, choices=list(policy.LANES.items()))
    points = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["shift", "what"], name="exposure_once_a_shift"),
        )

    def __str__(self) -> str:
        return f"{self.points} points"


class OptOut(models.Model):
    """That a moderator leaves out a lane that they may review; coming back deletes the row."""

    retention: ClassVar[str] = "opt_out"

    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="opt_outs"
    )
    lane = models.CharField(max_length=20, choices=list(policy.LANES.items()))

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["moderator", "lane"], name="opt_out_once"),)

    def __str__(self) -> str:
        return f"opt-out {self.pk}"
