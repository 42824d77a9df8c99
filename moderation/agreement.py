"""How well first and second decisions agree: the distance of two, a share, Cohen's kappa. Pure.

Two agree when both dismiss, or both restrict within one step of the ladder (`policy.desk`). Kappa
is of the two sides, dismissing and restricting (Cohen, Educ. Psychol. Meas. 20, 1960).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from moderation.policy import Measure
from moderation.policy.desk import STEPS

Pair = tuple[Measure, Measure]
# Of fewer nothing is told.
FEWEST: Final = 5
_Z: Final = 1.96


def is_same_side(pair: Pair) -> bool:
    return (pair[0] == "dismiss") == (pair[1] == "dismiss")


def is_near(pair: Pair) -> bool:
    """Whether both dismiss, or both restrict within one step."""
    first, second = pair
    if "dismiss" in pair:
        return first == second
    return abs(STEPS[first] - STEPS[second]) <= 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs, counted.

    Attributes:
        same: of the same side.
        near: of the same side, and within one step.
        kappa: None when everybody always took the same side, so that chance alone explains it.
        kappa_between: its 95 % interval; None where kappa is.
    """

    count: int
    same: int
    near: int
    kappa: float | None
    kappa_between: tuple[float, float] | None

    @property
    def is_told(self) -> bool:
        return self.count >= FEWEST


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """Count first and second decisions of the same cases."""
    count, same = len(pairs), sum(map(is_same_side, pairs))
    near = sum(map(is_near, pairs))
    by_chance = _by_chance(pairs)
    if by_chance is None or by_chance == 1:
        return Agreement(count, same, near, None, None)

    def kappa(share: float) -> float:
        return (share - by_chance) / (1 - by_chance)

    low, high = share_between(same, count)
    return Agreement(count, same, near, kappa(same / count), (kappa(low), kappa(high)))


def share_between(part: int, whole: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927).

    It stays within 0 and 1 and keeps its width where all agree, as the usual one does not.
    """
    share, square = part / whole, _Z * _Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    half /= 1 + square / whole
    return max(0.0, middle - half), min(1.0, middle + half)


def _by_chance(pairs: Sequence[Pair]) -> float | None:
    """Give how often the two would take the same side by chance; None of nothing."""
    if not pairs:
        return None
    firsts, seconds = (sum(pair[side] == "dismiss" for pair in pairs) for side in (0, 1))
    count = len(pairs)
    return (firsts * seconds + (count - firsts) * (count - seconds)) / (count * count)
