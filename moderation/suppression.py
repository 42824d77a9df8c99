"""Counts that may be published: few people in a cell could be recognised. Pure.

A count of 1 to 4 is told as `FEW`. Where it could be worked out from the sums it is in, more is
withheld until it cannot (complementary suppression; Hundepool et al., Statistical Disclosure
Control, 2012, ch. 4).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from omegle.lib.words import gettext_noop

SMALLEST_TOLD: Final = 5
FEW: Final = f"<{SMALLEST_TOLD}"
# Not zero, and not told, whatever it is.
WITHHELD: Final = gettext_noop("withheld")

Told = int | str


@dataclass(frozen=True, slots=True)
class Sum:
    """That one cell is the sum of others; a cell is a part of one sum, and may head several."""

    total: str
    parts: tuple[str, ...]

    @property
    def cells(self) -> frozenset[str]:
        return frozenset((self.total, *self.parts))


def counts_told(counts: Mapping[str, int], sums: Sequence[Sum]) -> dict[str, Told]:
    """Give what may be told of each count, so that nobody can work out one that is hidden.

    A reader is thought to know the sums, that `FEW` is 1 to 4, and that `WITHHELD` is at least 1.
    Zeros are told.
    """
    told: dict[str, Told] = {
        cell: FEW if 0 < count < SMALLEST_TOLD else count for cell, count in counts.items()
    }
    while known := _worked_out(told, sums):
        told[_sacrificed(known, told, counts, sums)] = WITHHELD
    return told


def _worked_out(told: Mapping[str, Told], sums: Sequence[Sum]) -> set[str]:
    """Give the hidden cells that a reader can work out."""
    bounds = _bounds(told, sums)
    return {
        cell for cell, (low, high) in bounds.items() if isinstance(told[cell], str) and low == high
    }


def _bounds(told: Mapping[str, Told], sums: Sequence[Sum]) -> dict[str, tuple[float, float]]:
    """Give between which counts each cell must be.

    Exact, because no cell is a part of two sums: what holds for each sum holds for all.
    """
    bounds = {cell: _bounds_alone(each) for cell, each in told.items()}
    while True:
        before = dict(bounds)
        for each in sums:
            lows = sum(bounds[part][0] for part in each.parts)
            highs = sum(bounds[part][1] for part in each.parts)
            bounds[each.total] = _narrowed(bounds[each.total], (lows, highs))
            low, high = bounds[each.total]
            for part in each.parts:
                others_low = lows - bounds[part][0]
                others_high = sum(bounds[other][1] for other in each.parts if other != part)
                bounds[part] = _narrowed(bounds[part], (low - others_high, high - others_low))
        if bounds == before:
            return bounds


def _bounds_alone(told: Told) -> tuple[float, float]:
    if told == FEW:
        return 1, SMALLEST_TOLD - 1
    if told == WITHHELD:
        return 1, inf
    return float(told), float(told)


def _narrowed(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), min(one[1], other[1])


def _sacrificed(
    known: Collection[str],
    told: Mapping[str, Told],
    counts: Mapping[str, int],
    sums: Sequence[Sum],
) -> str:
    """Choose what is withheld so that what is known is not: the smallest that is told beside it.

    Where all beside it is hidden already, less is said of a cell that is `FEW`, a sum first.
    """
    beside = [cell for each in sums if not each.cells.isdisjoint(known) for cell in each.cells]
    shown = [cell for cell in beside if isinstance(told[cell], int) and told[cell]]
    if shown:
        return min(shown, key=lambda cell: (counts[cell], cell))
    few = [cell for cell in beside if told[cell] == FEW]
    return max(few, key=lambda cell: (counts[cell], cell))
