"""Plots of the dashboard as geometry for SVG: places in percent and pixels. Pure.

Widths are in percent, so that a plot fills what it is in and its words keep their size; nothing
needs a style or a script. Each has its figures as a table too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from typing import Final

from moderation.admin.shown import wait_words

_ROW: Final = 44
_LABEL_CHARS: Final = 30
# Of the plot of days: where its lines begin and end, and the whole with the dates below.
_TOP, _BOTTOM, _HEIGHT = 22, 172, 196


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a plot: headings, and rows of which the first cell is the name."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what it says, how long it is, and how far its whisker goes, in percent."""

    key: str
    label: str
    value: str
    width: str
    whisker: str
    label_y: int
    bar_y: int
    middle_y: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Rows of bars, one below the other."""

    title: str
    summary: str
    bars: tuple[Bar, ...]
    height: int
    table: Table


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a line, from one day to the next."""

    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True, slots=True)
class Days:
    """Two lines over the days: what opened, and what was decided."""

    title: str
    summary: str
    opened: tuple[Segment, ...]
    decided: tuple[Segment, ...]
    grid: tuple[tuple[int, int], ...]
    dates: tuple[tuple[str, str, str], ...]
    height: int
    table: Table


def counts_plot(
    title: str,
    counted: str,
    counts: Sequence[tuple[str, str, int]],
    *,
    noted: str = "",
    notes: Mapping[str, str] | None = None,
) -> Bars:
    """Draw counts as bars: (key, label, count); `counted` says what is counted.

    `notes`: something more of some keys, and `noted` what that is.
    """
    notes = notes or {}
    most = max((count for _, _, count in counts), default=0)
    bars = [
        _bar(
            number,
            key,
            label,
            f"{count} · {noted.lower()} {notes[key]}" if key in notes else str(count),
            _part(count, most),
        )
        for number, (key, label, count) in enumerate(counts)
    ]
    total = sum(count for _, _, count in counts)
    top = max(counts, key=lambda each: each[2], default=None)
    summary = f"{total} in all."
    if top is not None and top[2]:
        summary += f" The most: {top[1]}, {top[2]}."
    table = Table(("", counted), tuple((label, str(count)) for _, label, count in counts))
    if noted:
        rows = [(label, str(count), notes.get(key, "")) for key, label, count in counts]
        table = Table(("", counted, noted), tuple(rows))
    return Bars(title, summary, tuple(bars), _ROW * len(bars), table)


def shares_plot(
    title: str, told: str, shares: Sequence[tuple[str, str, int, int | None]], fewest: int
) -> Bars:
    """Draw shares as bars: (key, label, of how many, how many of these); None where of too few.

    `told`: what the share is of, a sentence. `fewest`: of fewer nothing is told.
    """
    bars, rows = [], []
    for number, (key, label, count, part) in enumerate(shares):
        words = f"fewer than {fewest}" if part is None else f"{100 * part / count:.0f} %"
        width = "0%" if part is None else _part(part, count)
        bars.append(_bar(number, key, label, words, width))
        rows.append((label, *(("", "") if part is None else (str(count), words))))
    table = Table(("", "Opinions", "Agree"), tuple(rows))
    return Bars(title, told, tuple(bars), _ROW * len(bars), table)


def waits_plot(
    title: str, waits: Sequence[tuple[str, str, int, timedelta | None, timedelta | None]]
) -> Bars:
    """Draw how long something took: (key, label, how often, median, what nine of ten took)."""
    most = max((high.total_seconds() for *_, high in waits if high is not None), default=0.0)
    bars, rows = [], []
    for number, (key, label, count, middle, high) in enumerate(waits):
        if middle is None or high is None:
            bars.append(_bar(number, key, label, "none yet", "0%"))
            rows.append((label, "0", "", ""))
            continue
        words = f"{wait_words(middle)} – {wait_words(high)}"
        width, whisker = (_part(each.total_seconds(), most) for each in (middle, high))
        bars.append(_bar(number, key, label, words, width, whisker))
        rows.append((label, str(count), wait_words(middle), wait_words(high)))
    summary = (
        "The median, where the bar ends, and what nine of ten took at most, where its line ends."
    )
    table = Table(("", "Cases", "Median", "Nine of ten within"), tuple(rows))
    return Bars(title, summary, tuple(bars), _ROW * len(bars), table)


def days_plot(days: Sequence[date], opened: Sequence[int], decided: Sequence[int]) -> Days:
    """Draw how many cases opened and how many were decided on each day."""
    # So that half of it is a whole number, and nothing is divided by zero.
    most = max(2, 2 * ceil(max(*opened, *decided, 0) / 2))
    ticks = (0, most // 2, most)
    middle = len(days) // 2
    return Days(
        title="Opened and decided, by day",
        summary=f"{sum(opened)} opened and {sum(decided)} decided in {len(days)} days.",
        opened=_line(opened, most),
        decided=_line(decided, most),
        grid=tuple((tick, int(_height(tick, most))) for tick in ticks),
        dates=(
            ("0", "start", _day(days[0])),
            (_x(middle, len(days)), "middle", _day(days[middle])),
            ("100%", "end", _day(days[-1])),
        ),
        height=_HEIGHT,
        table=Table(
            ("Day", "Opened", "Decided"),
            tuple(
                (f"{day:%d %B %Y}", str(up), str(down))
                for day, up, down in zip(days, opened, decided, strict=True)
            ),
        ),
    )


def _bar(number: int, key: str, label: str, value: str, width: str, whisker: str = "") -> Bar:
    short = label if len(label) <= _LABEL_CHARS else f"{label[: _LABEL_CHARS - 1]}…"
    top = _ROW * number
    return Bar(key, short, value, width, whisker, top + 16, top + 24, top + 29)


def _line(counts: Sequence[int], most: int) -> tuple[Segment, ...]:
    places = [
        (_x(number, len(counts)), f"{_height(count, most):.1f}")
        for number, count in enumerate(counts)
    ]
    return tuple(Segment(*before, *after) for before, after in pairwise(places))


def _x(number: int, count: int) -> str:
    return _part(number, count - 1)


def _height(count: int, most: int) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * count / most


def _part(of: float, whole: float) -> str:
    return f"{100 * of / whole:.2f}%" if whole else "0%"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
