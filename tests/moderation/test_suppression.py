"""What is hidden stays hidden: tried by going through everything a reader could try."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.suppression import FEW, WITHHELD, Sum, Told, counts_told

# A reader's candidates for what is withheld: far enough beyond what the tables below hold.
MOST = 30
ONE = (Sum("all", ("a", "b", "c")),)
# As in the report: sums that share a total, and one under another.
LINKED = (Sum("all", ("no", "yes")), Sum("yes", ("a", "b")), Sum("yes", ("x", "y")))
SMALL = st.integers(0, 9)


def possible(told: Mapping[str, Told], sums: Sequence[Sum]) -> Iterator[dict[str, int]]:
    """Give every table that a reader must think possible."""
    totals = {each.total for each in sums}
    free = [cell for cell in told if cell not in totals]
    for values in product(*(candidates(told[cell]) for cell in free)):
        table = dict(zip(free, values, strict=True))
        # The deepest first, so that a part that is a sum itself is there.
        if all(fits(table, each, told) for each in reversed(sums)):
            yield table


def candidates(told: Told) -> range:
    if isinstance(told, int):
        return range(told, told + 1)
    return range(1, 5 if told == FEW else MOST)


def fits(table: dict[str, int], each: Sum, told: Mapping[str, Told]) -> bool:
    total = sum(table[part] for part in each.parts)
    shown = told[each.total]
    as_told = (
        total == shown
        if isinstance(shown, int)
        else total in (range(1, 5 if shown == FEW else 10**6))
    )
    return as_told and table.setdefault(each.total, total) == total


def ambiguous(told: Mapping[str, Told], sums: Sequence[Sum]) -> bool:
    hidden = {cell: set[int]() for cell, each in told.items() if isinstance(each, str)}
    for table in possible(told, sums):
        for cell, seen in hidden.items():
            seen.add(table[cell])
        if all(len(seen) > 1 for seen in hidden.values()):
            return True
    return not hidden


def shown_rightly(counts: Mapping[str, int], told: Mapping[str, Told]) -> bool:
    return all(
        (each == counts[cell] and not 0 < counts[cell] < 5)
        if isinstance(each, int)
        else counts[cell] > 0 and (each == WITHHELD or counts[cell] < 5)
        for cell, each in told.items()
    )


@pytest.mark.parametrize("parts", list(product(range(7), repeat=3)), ids=str)
def test_no_part_of_a_sum_can_be_worked_out(parts: tuple[int, ...]) -> None:
    counts = dict(zip("abc", parts, strict=True)) | {"all": sum(parts)}
    told = counts_told(counts, ONE)
    assert shown_rightly(counts, told)
    assert ambiguous(told, ONE)


@settings(max_examples=300)
@example(no=0, a=0, b=8, x=4)  # worked out by a way round over three sums
@given(no=SMALL, a=SMALL, b=SMALL, x=SMALL)
def test_nor_across_sums_that_share_a_total(no: int, a: int, b: int, x: int) -> None:
    yes = a + b
    x = min(x, yes)
    counts = {"all": no + yes, "no": no, "yes": yes, "a": a, "b": b, "x": x, "y": yes - x}
    told = counts_told(counts, LINKED)
    assert shown_rightly(counts, told)
    assert ambiguous(told, LINKED)


def test_sum_of_few_that_gives_them_away_is_withheld_too() -> None:
    """Four of at least one each, and fewer than five together, can only be one each."""
    counts = {"all": 4, "a": 1, "b": 1, "c": 1, "d": 1}
    sums = [Sum("all", ("a", "b", "c", "d"))]
    told = counts_told(counts, sums)
    assert told["all"] == WITHHELD
    assert ambiguous(told, sums)


def test_large_counts_and_zeros_are_told_as_they_are() -> None:
    counts = {"all": 17, "a": 0, "b": 5, "c": 12}
    assert counts_told(counts, ONE) == counts


def test_one_small_count_takes_the_next_smallest_with_it() -> None:
    told = counts_told({"all": 60, "a": 3, "b": 50, "c": 7}, ONE)
    assert told == {"all": 60, "a": FEW, "b": 50, "c": WITHHELD}
