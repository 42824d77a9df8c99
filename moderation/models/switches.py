"""What an operator has switched off."""

from typing import ClassVar

from django.db import models

from moderation import policy


class Switch(models.Model):
    """How one switch stands; without a row it is on. The audit log says who moved it, and why."""

    retention: ClassVar[str] = "switch"

    name = models.CharField(
        max_length=10, primary_key=True, choices=[(name, name) for name in policy.SWITCHES]
    )
    is_off = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "switches"

    def __str__(self) -> str:
        return f"{self.name} {'off' if self.is_off else 'on'}"
