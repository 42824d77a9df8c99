"""What moderators look at, when they rest, and how often a second one is asked."""

from datetime import timedelta
from typing import Final

from moderation.policy import Lane, Measure

# What the first look at a case costs in a shift, of `EXPOSURE_BUDGET`; each still costs by itself.
EXPOSURE: Final[dict[Lane, int]] = {
    "child_safety": 5,
    "imminent_harm": 3,
    "sexual": 3,
    "harassment": 2,
    "spam": 1,
    "other": 1,
}
EXPOSURE_STILL: Final = 5
# The lanes that are closed to whoever has spent their budget, and those that are covered.
HEAVY_LANES: Final = frozenset(lane for lane, points in EXPOSURE.items() if points >= 2)
COVERED_LANES: Final = frozenset(lane for lane, points in EXPOSURE.items() if points >= 3)
# Somebody is told when this much of it is spent.
BUDGET_NEAR: Final = 0.8
# So long without a look ends a shift.
SHIFT_GAP: Final = timedelta(hours=8)
# So long without a look is a break. It is asked for, and after a while nothing more is given out.
BREAK: Final = timedelta(minutes=10)
BREAK_AFTER: Final = timedelta(minutes=50)
BREAK_LATEST: Final = timedelta(minutes=90)

# So much of a day's decisions by people is put to somebody else as well, and of how many days back.
SECOND_OPINIONS: Final = 0.05
SECOND_OPINION_DAYS: Final = 7
# How far apart two measures are; a dismissal is no step.
STEPS: Final[dict[Measure, int]] = {
    "warn": 0,
    "video": 1,
    "cooldown": 1,
    "day": 2,
    "week": 3,
    "permanent": 4,
}
