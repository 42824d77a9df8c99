"""How many of those with interests meet somebody who shares one, and how long that takes.

    python -m benchmarks.matching [--scale 3] [--plot PATH]

Visitors come at random and wish for interests of which few are popular (Zipf), seeded. The
product's own scripts run on a Redis of their own, in simulated time: hello, find, and upkeep
four times a second. Compared are the rule; pairing at once with the best; with whoever shares the
first interest that anybody shares; with whoever waits longest; and the offline optimum, which
knows who will come: the most pairs there are among those who share an interest and whose patience
overlaps. Exits with 1 below the bars.
"""

import argparse
import asyncio
import math
import os
import random
import sys
from bisect import bisect
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from statistics import mean, quantiles
from typing import Any
from unittest.mock import patch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from benchmarks._optimum import maximum_matching  # noqa: E402
from chat import store as chat_store  # noqa: E402
from matching import pool  # noqa: E402
from matching.policy import FEW  # noqa: E402
from matching.tickets import Pool, Ticket  # noqa: E402
from omegle.lib.redis import client  # noqa: E402
from tests.environment import running_redis  # noqa: E402

INTERESTS = 5000
MOST_EACH = 5
PATIENCE = 10.0
UPKEEP_SECONDS = 0.25
# Arrivals a second, and how many come.
RATES = {2: 2400, 10: 4000, 50: 12000}
ZIPFS = (0.8, 1.1)
POOL = Pool("text", "self", "18+")

BAR_SHARE = 0.96
BAR_WAIT = 0.5

# When simulated time begins: long after anybody could have parted.
_EPOCH_MS = 10**9
_CLOCK = "local function clock_now() return tonumber(redis.call('GET', 'bench:now')) end\n"
_WITNESS = """
local seat_two = on_pair
on_pair = function(first, second, ...)
  redis.call('RPUSH', 'bench:pairs', first.visitor, second.visitor)
  return seat_two(first, second, ...)
end
"""


@dataclass(frozen=True)
class Rule:
    """The real scripts, with a part of the rule put out of force.

    Attributes:
        interests: whether the pool is told of any.
    """

    name: str
    colour: str
    changes: tuple[tuple[str, str], ...] = ()
    interests: bool = True

    @property
    def lua(self) -> str:
        source = pool.LUA
        for old, new in self.changes:
            assert old in source
            source = source.replace(old, new)
        return source


_AT_ONCE = (f"local POOL_FEW = {FEW} ", "local POOL_FEW = 9e15 ")
_FIRST_SHARED = ("score + weight", "math.max(score, 1000 - at)")
RULES = (
    Rule("the rule", "#1f6feb"),
    Rule("the best, at once", "#bf8700", (_AT_ONCE,)),
    Rule("first in common", "#8250df", (_AT_ONCE, _FIRST_SHARED)),
    Rule("first come", "#cf222e", interests=False),
)


@dataclass(frozen=True)
class Visitor:
    came: float
    likes: frozenset[int]


@dataclass(frozen=True)
class Outcome:
    """What became of everybody.

    Attributes:
        share: of the visitors, who met somebody sharing an interest.
        in_time: the same, counting pairs only whose patience overlaps, as the optimum does.
        waits: of everybody who met somebody, in seconds.
        common_wait: the mean of those who met somebody sharing an interest.
    """

    share: float
    in_time: float
    waits: list[float]
    common_wait: float


def population(rate: int, zipf: float, count: int) -> list[Visitor]:
    chance = random.Random(f"{rate} {zipf}")
    shares = list(accumulate(rank**-zipf for rank in range(1, INTERESTS + 1)))
    visitors, now = [], 0.0
    for _ in range(count):
        now += chance.expovariate(rate)
        likes: set[int] = set()
        wanted = chance.randint(1, MOST_EACH)
        while len(likes) < wanted:
            likes.add(bisect(shares, chance.random() * shares[-1]))
        visitors.append(Visitor(round(now, 3), frozenset(likes)))
    return visitors


def optimum(visitors: Sequence[Visitor]) -> float:
    """Give the share of them in the largest matching."""
    graph: list[list[int]] = [[] for _ in visitors]
    present: dict[int, deque[int]] = {}
    for number, visitor in enumerate(visitors):
        met: set[int] = set()
        for interest in visitor.likes:
            others = present.setdefault(interest, deque())
            while others and visitors[others[0]].came < visitor.came - PATIENCE:
                others.popleft()
            met.update(others)
            others.append(number)
        graph[number].extend(met)
        for other in met:
            graph[other].append(number)
    return mean(mate >= 0 for mate in maximum_matching(graph))


async def simulate(db: Any, rule: Rule, visitors: Sequence[Visitor]) -> Outcome:
    db.flushall()
    redis = client()
    opened = open_store(redis, rule)
    paired: dict[int, tuple[int, float]] = {}

    def at(seconds: float) -> None:
        db.set("bench:now", _EPOCH_MS + round(seconds * 1000))

    def note(now: float) -> None:
        pairs = [int(each) for each in db.lpop("bench:pairs", 1000) or ()]
        for one, other in zip(pairs[::2], pairs[1::2], strict=True):
            paired[one], paired[other] = (other, now), (one, now)

    at(0)
    await opened.upkeep(process="p", first=True)
    tick = UPKEEP_SECONDS
    for number, visitor in enumerate(visitors):
        while tick <= visitor.came:
            at(tick)
            await opened.upkeep(process="p", first=False)
            note(tick)
            tick += UPKEEP_SECONDS
        at(visitor.came)
        await arrive(opened, rule, number, visitor)
        note(visitor.came)
    until = tick + 3 * PATIENCE
    while tick < until:
        at(tick)
        await opened.upkeep(process="p", first=False)
        note(tick)
        tick += UPKEEP_SECONDS
    await redis.aclose()
    return judge(visitors, paired)


def open_store(redis: Any, rule: Rule) -> chat_store.Store:
    """Make the product's store run this rule in simulated time, and write down who is paired."""
    with ExitStack() as replaced:
        for name, value in (
            ("chat.store.CLOCK", _CLOCK),
            ("chat.store._PLACES", chat_store._PLACES + _WITNESS),  # noqa: SLF001
            ("matching.pool.LUA", rule.lua),
        ):
            replaced.enter_context(patch(name, value))
        return chat_store.Store(redis)


async def arrive(store: chat_store.Store, rule: Rule, number: int, visitor: Visitor) -> None:
    name, conn = str(number), f"p:{number}"
    await store.hello(
        visitor=name,
        conn=conn,
        name="",
        resume="",
        seen={},
        address="",
        group=f"{POOL.level}:{POOL.band}",
        lane=POOL.lane,
    )
    ticket = Ticket(name, POOL, patience=PATIENCE)
    if rule.interests:
        ticket = replace(ticket, interests=tuple(f"i{like}" for like in sorted(visitor.likes)))
    await store.find(conn=conn, ticket=ticket)


def judge(visitors: Sequence[Visitor], paired: dict[int, tuple[int, float]]) -> Outcome:
    waits = {one: now - visitors[one].came for one, (_, now) in paired.items()}
    common = [
        (one, other)
        for one, (other, _) in paired.items()
        if visitors[one].likes & visitors[other].likes
    ]
    in_time = [abs(visitors[a].came - visitors[b].came) <= PATIENCE for a, b in common]
    return Outcome(
        share=len(common) / len(visitors),
        in_time=sum(in_time) / len(visitors),
        waits=list(waits.values()),
        common_wait=mean(waits[one] for one, _ in common),
    )


# --- Telling --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    rate: int
    zipf: float
    best: float
    outcomes: list[Outcome]

    @property
    def is_good(self) -> bool:
        rule, at_once = self.outcomes[:2]
        later = mean(rule.waits) - mean(at_once.waits)
        return rule.share >= BAR_SHARE * self.best and later <= BAR_WAIT

    def rows(self) -> list[str]:
        return [
            f"| {self.rate} | {self.zipf} | {rule.name} | {each.share:.3f} "
            f"| {each.share / self.best:.3f} | {each.in_time / self.best:.3f} "
            f"| {mean(each.waits):.2f} | {quantiles(each.waits, n=20)[-1]:.1f} "
            f"| {each.common_wait:.2f} |"
            for rule, each in zip(RULES, self.outcomes, strict=True)
        ] + [f"| {self.rate} | {self.zipf} | offline optimum | {self.best:.3f} | 1 | 1 | | | |"]


def plot(cells: Sequence[Cell], path: Path) -> None:
    """Draw shares and waits, a row for each cell, without a library."""
    left, width, gap, top, step = 190, 300, 60, 70, 34
    total = top + step * len(cells) + 20
    right = left + 2 * (width + gap)
    longest = max(mean(each.waits) for cell in cells for each in cell.outcomes)
    fives = 5 * math.ceil(longest / 5)
    panels: tuple[tuple[str, float, Callable[[Cell, Outcome], float]], ...] = (
        ("met a common interest, of the optimum", 1.0, lambda cell, it: it.share / cell.best),
        ("mean wait, seconds", fives, lambda _, it: mean(it.waits)),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {total}">',
        "<style>text { font: 12px sans-serif; fill: #222 } rect { fill: #fff }",
        "path { stroke: #ddd } @media (prefers-color-scheme: dark) {",
        "text { fill: #ddd } rect { fill: #0d1117 } path { stroke: #333 } }</style>",
        '<rect width="100%" height="100%"/>',
    ]
    for index, rule in enumerate(RULES):
        x: float = left + 160 * index
        parts.append(f'<circle cx="{x}" cy="16" r="5" fill="{rule.colour}"/>')
        parts.append(f'<text x="{x + 10}" y="20">{rule.name}</text>')
    for column, (title, most, value) in enumerate(panels):
        start = left + column * (width + gap)
        parts.append(f'<text x="{start}" y="46">{title}</text>')
        for tenth in range(0, 11, 2):
            x = start + width * tenth / 10
            parts.append(f'<path d="M{x} {top - 14}V{total - 20}"/>')
            parts.append(
                f'<text x="{x}" y="{total - 6}" text-anchor="middle">{most * tenth / 10:.2g}</text>'
            )
        for row, cell in enumerate(cells):
            y = top + step * row
            for rule, each in zip(RULES[::-1], cell.outcomes[::-1], strict=True):
                x = start + width * value(cell, each) / most
                parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{rule.colour}"/>')
    for row, cell in enumerate(cells):
        y = top + step * row + 4
        parts.append(f'<text x="10" y="{y}">{cell.rate} a second, Zipf {cell.zipf}</text>')
    parts.append("</svg>\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts))


async def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.matching")
    parser.add_argument("--scale", type=float, default=1.0, help="how many times as many visitors")
    parser.add_argument("--plot", type=Path, help="draw an SVG there")
    arguments = parser.parse_args()
    print("| a second | Zipf | pairing | share | of optimum | in time | mean wait | p95 | common |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    cells = []
    with running_redis() as db:
        for rate, count in RATES.items():
            for zipf in ZIPFS:
                visitors = population(rate, zipf, round(count * arguments.scale))
                outcomes = [await simulate(db, rule, visitors) for rule in RULES]
                cell = Cell(rate, zipf, optimum(visitors), outcomes)
                cells.append(cell)
                print("\n".join(cell.rows()), flush=True)
    if arguments.plot:
        plot(cells, arguments.plot)
    return 0 if all(cell.is_good for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
