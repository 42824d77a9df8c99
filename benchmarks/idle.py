"""What thousands of idle connections cost in one process, and those who talk beside them.

    python -m benchmarks.idle [--quick] [--write]

A hundred pairs talk, first alone and then beside 10,000 who are connected and do nothing, while
others come and go. Exits with 1 when an idle connection takes more than 30 KiB of the web process
(the kernel's buffers are not counted), when the p99 of a round trip is more than twice what it was,
or when anybody idle is told of those who join. `--write` puts the table into RESULTS.md.
"""

import argparse
import asyncio
import sys
from statistics import median
from typing import Any

from benchmarks.load import Load, Spoken, on_core
from benchmarks.servers import LOAD_CORE, OMEGLE, Server, memory_bytes, running, settle

_IDLE, _PAIRS, _ROUNDS, _SECONDS = 10_000, 100, 6, 2.0
# Who has just parted does not meet again for a while, so there must be many.
_SKIPPING = 200
_KIB, _TIMES = 30.0, 2.0


def _talk(load: Load, server: Server, rounds: int) -> list[Spoken]:
    """Let the pairs talk; before each round somebody comes and goes, so that the count changes."""
    spoken = []
    for number in range(rounds):
        passing = 1 + number % 3
        load.open("passing", "omegle", server.ports, passing, server.cookies(passing))
        spoken.append(load.talk("pairs", _SECONDS, server.pids))
        load.close("passing")
    return spoken


def _join(load: Load, server: Server) -> tuple[float, float, float]:
    """Let strangers skip; give how many a second and the CPU µs of the web process and Redis."""
    load.open("skipping", "omegle", server.ports, _SKIPPING, server.cookies(_SKIPPING))
    done = load.skip("skipping", _SECONDS, server.pids)
    load.close("skipping")
    web, redis = (cpu / done.count * 1e6 for cpu in done.cpu)
    return done.count / done.seconds, web, redis


def measure(load: Load, server: Server, idle: int, rounds: int) -> tuple[str, bool]:
    """Give the table as Markdown, and whether all bars are met."""
    load.open("pairs", "omegle", server.ports, 2 * _PAIRS, server.cookies(2 * _PAIRS))
    load.pair("pairs")
    _talk(load, server, 1)
    alone, joined_alone = _talk(load, server, rounds), _join(load, server)
    settle(server.pids)
    before = [memory_bytes(pid) for pid in server.pids]
    opened = load.open("idle", "omegle", server.ports, idle, server.cookies(idle), server.pids)
    settle(server.pids)
    web, redis = (
        (memory_bytes(pid) - was) / idle / 1024
        for pid, was in zip(server.pids, before, strict=True)
    )
    load.talk("pairs", _SECONDS, server.pids)  # the first time after so many came
    beside = _talk(load, server, rounds)
    load.told("idle")
    joined_beside = _join(load, server)
    told = load.told("idle")
    p99 = [median(each.p99 for each in spoken) * 1000 for spoken in (alone, beside)]
    p50 = [median(each.p50 for each in spoken) * 1000 for spoken in (alone, beside)]
    cpu = [
        median(sum(each.cpu) / each.messages for each in spoken) * 1e6 for spoken in (alone, beside)
    ]
    joins = [sum(each[1:]) for each in (joined_alone, joined_beside)]
    counts = told.pop("online", 0) / idle
    is_small, is_quick = web <= _KIB, p99[1] <= _TIMES * p99[0]
    # A round of joining lasts less than twice as long as they wait for the next count.
    is_quiet = not told and counts <= 2
    lines = [
        f"| | alone | beside {idle:,} idle | × |",
        "| --- | --: | --: | --: |",
        *(
            f"| {title} | {one:,.{digits}f} | {two:,.{digits}f} | {two / one:.2f} |"
            for title, digits, (one, two) in (
                (f"{_PAIRS} pairs talk: CPU, µs a message", 1, cpu),
                ("round trip p50, ms", 2, p50),
                ("round trip p99, ms", 2, p99),
                (f"CPU, join to match, µs ({_SKIPPING} skip)", 0, joins),
            )
        ),
        "",
        (
            f"Connecting {idle:,}: {opened.count / opened.seconds:,.0f} a second, "
            f"{sum(opened.cpu) / opened.count * 1e6:,.0f} µs of CPU each."
        ),
        "",
        (
            f"- an idle connection ≤ {_KIB:.0f} KiB of the web: {web:.1f}, {_says(is_small)} "
            f"(and {redis:.1f} of Redis)"
        ),
        f"- p99 beside the idle ≤ {_TIMES:.0f} × without: {p99[1] / p99[0]:.2f}, {_says(is_quick)}",
        (
            f"- a join is told to nobody idle: of {joined_beside[0]:,.0f} a second each heard "
            f"{counts:.2f} counts of who is online and nothing else, {_says(is_quiet)}"
        ),
    ]
    return "\n".join(lines), is_small and is_quick and is_quiet


def _says(met: bool) -> str:
    return "met" if met else "missed"


async def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="a tenth of them, and fewer rounds")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    given: Any = parser.parse_args(arguments)
    idle, rounds = (_IDLE // 10, 2) if given.quick else (_IDLE, _ROUNDS)
    async with running([OMEGLE]) as servers:
        with on_core(LOAD_CORE):
            load = Load()
        try:
            text, kept = await asyncio.to_thread(measure, load, servers[0], idle, rounds)
        finally:
            load.end()
    print(text)
    if given.write:
        from benchmarks.results import section_write

        section_write("idle", text)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
