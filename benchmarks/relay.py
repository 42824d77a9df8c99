"""What a message, a meeting and a connection cost: the product beside bare relays, in one run.

    python -m benchmarks.relay [--quick] [--write] [--only PART] [--rounds N]

Each server has one core, with its Redis; the strangers (`load.py`) have the other. In every round
each server talks in turn, so that what disturbs the machine disturbs them all; ratios are of one
round, and their median is given. Limits are off; decoding, budgets, screening, numbers, log and
evidence are on. Exits with 1 when a bar is missed. `--write` puts the tables into RESULTS.md.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from benchmarks.load import Load, on_core
from benchmarks.servers import (
    ACROSS,
    CORE,
    LOAD_CORE,
    NAMES,
    OMEGLE,
    PUBSUB,
    SOCKET_IO,
    WS,
    Server,
    memory_bytes,
    running,
    settle,
)

REFERENCE = SOCKET_IO
# Who has just parted does not meet again for a while, so there must be many.
_SKIPPING = 300


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    pairs: Sequence[int] = (1, 10, 50, 500)
    rounds: int = 5
    seconds: float = 1.0
    idle: int = 1000


QUICK = Plan(pairs=(50,), rounds=3, seconds=0.5, idle=300)


@dataclass(frozen=True)
class Column:
    """One thing measured: `better` says which way is good."""

    title: str
    unit: str
    digits: int


CPU = Column("CPU", "µs a message", 1)
RATE = Column("messages", "a second", 0)
P50 = Column("round trip p50", "ms", 2)
P99 = Column("round trip p99", "ms", 2)
JOIN = Column("CPU, join to match", "µs", 0)
CONNECT = Column("CPU, connecting", "µs", 0)
OPENED = Column("connections", "a second", 0)
MEMORY = Column("an idle connection", "KiB", 1)

# The figures of one column: those of each server, round by round.
Figures = dict[str, list[float]]
Table = dict[Column, Figures]


@dataclass(frozen=True)
class Bar:
    """What the product has to reach: `name` at most so many times as dear as `other`."""

    name: str
    other: str
    most: float
    stretch: bool = False

    def line(self, cpu: Figures) -> tuple[bool, str]:
        ratio = ratio_of(cpu, self.name, self.other)
        met = ratio <= self.most
        says = "met" if met else "missed"
        kind = " (stretch)" if self.stretch else ""
        bar = f"{self.name} ≤ {self.most:.2f} × {self.other}{kind}"
        return met or self.stretch, f"{bar}: {ratio:.2f}, {says}"


BARS = (
    Bar(OMEGLE, SOCKET_IO, 1.0),
    Bar(OMEGLE, WS, 1.3, stretch=True),
    Bar(ACROSS, SOCKET_IO, 1.6),
    Bar(OMEGLE, PUBSUB, 1 / 20),
    Bar(OMEGLE, CORE, 1 / 20),
)
_BAR_PAIRS = 50


def ratio_of(figures: Figures, name: str, other: str) -> float:
    return median(a / b for a, b in zip(figures[name], figures[other], strict=True))


def talking(load: Load, servers: list[Server], pairs: int, plan: Plan) -> Table:
    """Measure as many pairs at each server, in turn."""
    table: Table = defaultdict(lambda: defaultdict(list))
    for server in servers:
        count = 2 * pairs
        load.open(server.name, server.dialect, server.ports, count, server.cookies(count))
        load.pair(server.name)
    for number in range(plan.rounds):
        shift = number % len(servers)
        for server in servers[shift:] + servers[:shift]:
            spoken = load.talk(server.name, plan.seconds, server.pids)
            table[CPU][server.name].append(sum(spoken.cpu) / spoken.messages * 1e6)
            table[RATE][server.name].append(spoken.messages / spoken.seconds)
            table[P50][server.name].append(spoken.p50 * 1000)
            table[P99][server.name].append(spoken.p99 * 1000)
    for server in servers:
        load.close(server.name)
    return table


def meeting(load: Load, servers: list[Server], plan: Plan) -> Table:
    """Measure strangers that skip as fast as they can."""
    table: Table = defaultdict(lambda: defaultdict(list))
    for server in servers:
        cookies = server.cookies(_SKIPPING)
        load.open(server.name, server.dialect, server.ports, _SKIPPING, cookies)
    for _ in range(plan.rounds):
        for server in servers:
            done = load.skip(server.name, plan.seconds, server.pids)
            table[JOIN][server.name].append(sum(done.cpu) / done.count * 1e6)
    for server in servers:
        load.close(server.name)
    return table


def connecting(load: Load, servers: list[Server], plan: Plan) -> Table:
    """Measure connections as they are opened, and left alone."""
    table: Table = defaultdict(lambda: defaultdict(list))
    for number in range(3):
        for server in servers:
            webs = server.pids[: len(server.ports)]
            before = sum(map(memory_bytes, webs))
            cookies = server.cookies(plan.idle)
            done = load.open(
                server.name, server.dialect, server.ports, plan.idle, cookies, server.pids
            )
            table[OPENED][server.name].append(done.count / done.seconds)
            table[CONNECT][server.name].append(sum(done.cpu) / done.count * 1e6)
            settle(server.pids)
            if number == 0:  # later ones use what the first ones left
                held = sum(map(memory_bytes, webs)) - before
                table[MEMORY][server.name].append(held / done.count / 1024)
            load.close(server.name)
            settle(server.pids)
    return table


def rendered(table: Table, names: Sequence[str]) -> str:
    """Write a table as Markdown: each figure with its ratio to the reference."""
    rows = [
        ["", *(f"{c.title}, {c.unit} | ×" for c in table)],
        ["---", *["--: | --:"] * len(table)],
    ]
    for name in names:
        row = [name]
        for column, figures in table.items():
            if name in figures:
                figure = f"{median(figures[name]):,.{column.digits}f}"
                row.append(f"{figure} | {ratio_of(figures, name, REFERENCE):.2f}")
            else:
                row.append(" | ")
        rows.append(row)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


async def measured(plan: Plan, parts: Sequence[str], names: Sequence[str]) -> tuple[str, bool]:
    """Give the tables and the bars as Markdown, and whether all bars are met."""
    text, kept = [], True

    def say(what: str) -> None:
        text.append(what)
        print(what, flush=True)

    async with running(names) as servers:
        with on_core(LOAD_CORE):
            load = Load()
        try:
            others: list[tuple[str, str, Callable[..., Table]]] = [
                # First: what others left behind would be used again, and cost nothing.
                ("connect", f"{plan.idle} connections, opened and left idle", connecting),
                ("meet", f"{_SKIPPING} strangers that skip without a pause", meeting),
            ]
            for part, title, measure in others:
                if part in parts:
                    table = await asyncio.to_thread(measure, load, servers, plan)
                    say(f"\n{title}:\n\n{rendered(table, names)}")
            for pairs in plan.pairs if "talk" in parts else ():
                table = await asyncio.to_thread(talking, load, servers, pairs, plan)
                say(f"\n{pairs} talking pairs:\n\n{rendered(table, names)}")
                if pairs == _BAR_PAIRS:
                    bars = [bar for bar in BARS if {bar.name, bar.other} <= set(names)]
                    lines = [bar.line(table[CPU]) for bar in bars]
                    kept = all(fine for fine, _ in lines)
                    say("\n" + "\n".join(f"- {line}" for _, line in lines))
        finally:
            load.end()
    return "\n".join(text), kept


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="50 pairs and short rounds alone")
    parser.add_argument("--write", action="store_true", help="put the tables into RESULTS.md")
    parser.add_argument("--only", choices=("talk", "meet", "connect"), help="this part alone")
    parser.add_argument("--rounds", type=int, help="so many of each")
    parser.add_argument("--without-channels", action="store_true")
    given: Any = parser.parse_args(arguments)
    names = [name for name in NAMES if not (given.without_channels and name in (PUBSUB, CORE))]
    parts = [given.only] if given.only else ["talk", "meet", "connect"]
    plan = QUICK if given.quick else Plan()
    plan = replace(plan, rounds=given.rounds or plan.rounds)
    text, kept = asyncio.run(measured(plan, parts, names))
    if given.write:
        from benchmarks.results import section_write

        section_write("relay", text)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
