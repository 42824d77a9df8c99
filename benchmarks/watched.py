"""What a message costs in a room that somebody watches, beside one in an ordinary room.

    python -m benchmarks.watched

CPU of the web process and of Redis for each message, in turns on the same processes. In a watched
room every message is told to one more, so it costs more; how much more is the question. Exits with
1 above the bar.
"""

import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from tests.faults.cluster import NO_LIMITS, WEB, Cluster, running  # noqa: E402
from tests.strangers import Chat, Stranger, meet  # noqa: E402

ROOMS = 20
TURNS = 10
TURN_SECONDS = 1.5
BAR = 1.5

Pair = tuple[Stranger, Stranger]


async def ordinary(chat: Chat, strangers: AsyncExitStack) -> Pair:
    one, two = [await strangers.enter_async_context(chat.stranger()) for _ in range(2)]
    await meet(one, two)
    return one, two


async def watched(chat: Chat, strangers: AsyncExitStack, heard: Counter[str]) -> Pair:
    asker, one, two = [await strangers.enter_async_context(chat.stranger()) for _ in range(3)]
    await one.find(role="discuss")
    await two.find(role="discuss")
    await asker.find(role="ask", question="What would you take to an island?")
    for each in (asker, one, two):
        await each.hears("matched")
    strangers.callback(asyncio.create_task(_listen(asker, heard)).cancel)
    return one, two


async def _listen(asker: Stranger, heard: Counter[str]) -> None:
    while True:
        heard[(await asker.next(seconds=60))["type"]] += 1


async def talk(pair: Pair, until: float, numbers: "itertools.count[int]") -> int:
    """Let the two answer each other; give how many messages that were."""
    said = 0
    while time.monotonic() < until:
        for speaker, listener in (pair, pair[::-1]):
            await speaker.says("And what did you do there all day?", id=f"n{next(numbers)}")
            await listener.hears("message")
            said += 1
    return said


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(cluster: Cluster) -> dict[str, list[tuple[float, float]]]:
    """Give (web, Redis) µs a message for each kind of room, turn by turn."""
    web = cluster.webs["a"]
    numbers = itertools.count()
    costs: dict[str, list[tuple[float, float]]] = {"ordinary": [], "watched": []}
    heard, told = Counter[str](), 0
    async with AsyncExitStack() as strangers:
        rooms = {
            "ordinary": [await ordinary(web.chat, strangers) for _ in range(ROOMS)],
            "watched": [await watched(web.chat, strangers, heard) for _ in range(ROOMS)],
        }
        for turn in range(-1, TURNS):  # the first one warms up
            for kind, pairs in rooms.items():
                before = cpu_seconds(web.pid), cpu_seconds(cluster.redis.pid)
                until = time.monotonic() + TURN_SECONDS
                said = sum(await asyncio.gather(*(talk(pair, until, numbers) for pair in pairs)))
                told += said if kind == "watched" else 0
                after = cpu_seconds(web.pid), cpu_seconds(cluster.redis.pid)
                if turn >= 0:
                    spent = [(b - a) / said * 1e6 for a, b in zip(before, after, strict=True)]
                    costs[kind].append((spent[0], spent[1]))
    assert heard["message"] >= told - ROOMS, "who watches heard less than was said"
    return costs


async def main() -> int:
    async with running({"a": (WEB, NO_LIMITS)}) as cluster:
        costs = await measure(cluster)
    totals = {kind: median(web + db for web, db in turns) for kind, turns in costs.items()}
    print(f"{'room':<10} {'web µs':>8} {'Redis µs':>9} {'ratio':>6}")
    for kind, turns in costs.items():
        web, db = (median(column) for column in zip(*turns, strict=True))
        print(f"{kind:<10} {web:>8.1f} {db:>9.1f} {totals[kind] / totals['ordinary']:>6.2f}")
    return int(totals["watched"] > BAR * totals["ordinary"])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
