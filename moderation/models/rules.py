"""The filter's rules, as operators edit them and as the start-up lists bring them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from moderation import policy


class FilterRule(models.Model):
    """One rule: what is looked for, and what follows.

    A new rule only observes: it counts what it would have met. `hits` is brought up to date by a
    job; nothing of a text is kept.
    """

    retention: ClassVar[str] = "filter"

    class Kind(models.TextChoices):
        TERM = "term", "term"
        PATTERN = "pattern", "pattern"
        DOMAIN = "domain", "domain"

    class Action(models.TextChoices):
        ALLOW = "allow", "allow (an exception)"
        MASK = "mask", "mask"
        WARN = "warn", "warn the sender"
        HOLD = "hold", "hold back"
        REPORT = "report", "open a case"

    class State(models.TextChoices):
        OBSERVE = "observe", "observes"
        ACT = "act", "acts"

    class Origin(models.TextChoices):
        LIST = "list", "start-up list"
        OWN = "own", "own"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TERM)
    text = models.CharField(max_length=200, help_text="A word or phrase, an RE2 pattern, a domain.")
    severity = models.PositiveSmallIntegerField(
        choices=[(1, "mild"), (2, "strong"), (3, "severe")], default=2
    )
    action = models.CharField(max_length=10, choices=Action, default=Action.MASK)
    reason = models.CharField(
        max_length=12,
        choices=list(policy.REASONS.items()),
        default="other",
        help_text="What a case is about that this rule opens.",
    )
    language = models.CharField(max_length=8, blank=True, help_text="Empty: any.")
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.OBSERVE)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.OWN, editable=False)
    hits = models.PositiveBigIntegerField(default=0, editable=False)
    observed_since = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "filter rule"
        ordering = ("kind", "text")
        constraints = (
            models.UniqueConstraint(fields=["kind", "text"], name="filter_rule_once"),
            models.CheckConstraint(condition=~Q(text=""), name="filter_rule_has_text"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"
