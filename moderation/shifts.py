"""How long and how much a moderator has looked at: when a shift, a stretch and a break begin. Pure.

A shift begins with the first look after `SHIFT_GAP` without one, a stretch with the first after
`BREAK`. Reading for longer than that without another look counts as a break: nobody is watched.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moderation.policy.desk import BREAK, BREAK_AFTER, BREAK_LATEST, BUDGET_NEAR, SHIFT_GAP


@dataclass(frozen=True, slots=True)
class Looking:
    """When a shift began, when its present stretch did, and the last look."""

    began_at: datetime
    stretch_at: datetime
    seen_at: datetime


def looked(before: Looking | None, now: datetime) -> Looking:
    """Give how it stands after another look."""
    if before is None or is_shift_over(before, now):
        return Looking(now, now, now)
    if now - before.seen_at >= BREAK:
        return Looking(before.began_at, now, now)
    return Looking(before.began_at, before.stretch_at, max(before.seen_at, now))


def is_shift_over(looking: Looking, now: datetime) -> bool:
    return now - looking.seen_at >= SHIFT_GAP


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a moderator stands in their shift now.

    Attributes:
        looking: None before the first look of a shift.
        budget: points; 0 for no limit.
        spent: points; may be more than the budget by what the last look cost.
    """

    looking: Looking | None
    budget: int
    spent: int
    now: datetime

    @property
    def left(self) -> int:
        return max(0, self.budget - self.spent)

    @property
    def low(self) -> float:
        """Give what is left when somebody is told, in points."""
        return self.budget - BUDGET_NEAR * self.budget

    @property
    def is_spent(self) -> bool:
        return bool(self.budget) and self.spent >= self.budget

    @property
    def is_near(self) -> bool:
        """Whether little is left, but something."""
        return not self.is_spent and bool(self.budget) and self.spent >= BUDGET_NEAR * self.budget

    @property
    def break_until(self) -> datetime | None:
        """Give when a break is long enough that begins, or began, with the last look."""
        if self.looking is None or self.now - self.looking.seen_at >= BREAK:
            return None
        return self.looking.seen_at + BREAK

    @property
    def is_break_due(self) -> bool:
        return self._has_looked_for(BREAK_AFTER)

    @property
    def must_rest(self) -> bool:
        return self._has_looked_for(BREAK_LATEST)

    def _has_looked_for(self, span: timedelta) -> bool:
        if self.looking is None or self.break_until is None:
            return False
        return self.now - self.looking.stretch_at >= span
