"""Networks that are kept out for a while. Append-only: lifting one appends a `RangeBanLifting`."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from moderation import policy


class RangeBan(models.Model):
    """That nobody from a network enters until a time; two people want it.

    A network of many, never an address: /24 to /16 of IPv4, /48 to /32 of IPv6 (`moderation.ranges`
    checks it, the constraint the length of the prefix).
    """

    retention: ClassVar[str] = "range_ban"

    reference = models.CharField(max_length=16, unique=True)
    network = models.CharField(max_length=43)
    version = models.PositiveSmallIntegerField(choices=[(4, "IPv4"), (6, "IPv6")])
    prefix = models.PositiveSmallIntegerField()
    rule = models.CharField(
        max_length=20, choices=[(key, rule.title) for key, rule in policy.RULES.items()]
    )
    facts = models.CharField(max_length=500, help_text="Whoever is kept out reads it.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        ordering = ("-starts_at",)
        default_permissions = ()
        permissions = (("ban_range", "Can ban networks"),)
        constraints = (
            models.CheckConstraint(condition=~Q(approved_by=F("by")), name="range_ban_by_two"),
            models.CheckConstraint(
                condition=Q(version=4, prefix__gte=16, prefix__lte=24)
                | Q(version=6, prefix__gte=32, prefix__lte=48),
                name="range_ban_is_of_many",
            ),
            models.CheckConstraint(
                condition=Q(seconds__lte=int(policy.RANGE_BAN_LONGEST.total_seconds())),
                name="range_ban_ends",
            ),
            models.CheckConstraint(
                condition=~Q(rule="") & ~Q(facts=""), name="range_ban_has_statement"
            ),
        )

    def __str__(self) -> str:
        return self.reference


class RangeBanLifting(models.Model):
    """That a range ban was taken back."""

    retention: ClassVar[str] = "range_ban"

    ban = models.OneToOneField(RangeBan, on_delete=models.CASCADE, related_name="lifting")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    why = models.CharField(max_length=500)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.ban}, lifted"
