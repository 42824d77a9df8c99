"""What finding somebody costs Redis, with few and with many waiting.

    python -m benchmarks.pool [--few 1000] [--many 100000]

The product's own `find` on a Redis of its own. Everybody who waits insists on a language of their
own, so nobody of them may meet another; who comes without one may meet anybody. In turns one of
each comes, so there is one match and as many wait as before. Exits with 1 above the bars. CPU is
Redis's own; the longest call is the client's wall time, which other work on the machine makes
longer: commands are the figure without noise.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, count
from statistics import quantiles
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from chat.store import Store  # noqa: E402
from matching.tickets import Pool, Ticket  # noqa: E402
from omegle.lib.redis import client  # noqa: E402
from tests.environment import running_redis  # noqa: E402

POOL = Pool("text", "self", "18+")
INTERESTS = 5000
ROUNDS = 2000
TURNS = 3
LANGUAGES = 5

BAR_GROWTH = 1.3
BAR_MATCHES = 5000
BAR_LONGEST_MS = 2.0

Wish = Callable[[], tuple[str, ...]]


def one_interest() -> tuple[str, ...]:
    return ("tea",)


class Zipf:
    """One to five interests of which few are popular."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        self._shares = list(accumulate(1 / rank for rank in range(1, INTERESTS + 1)))

    def __call__(self) -> tuple[str, ...]:
        points = [self._chance.random() for _ in range(self._chance.randint(1, 5))]
        return tuple({f"i{bisect(self._shares, at * self._shares[-1])}" for at in points})


@dataclass(frozen=True)
class Cost:
    """Of one match, which is two searches; times in µs, of the longest calls in ms."""

    cpu: float
    commands: float
    rare_ms: float
    longest_ms: float


class Bench:
    def __init__(self, db: Any) -> None:
        self.db = db
        self.store = Store(client())
        self._numbers = count()
        self._opened = 0
        self.calls: list[float] = []

    async def fill(self, wish: Wish, waiting: int) -> None:
        self.db.flushall()
        for _ in range(0, waiting, 1000):
            self.visits(1000)
            for _ in range(1000):
                await self.come(wish(), own_language=True)

    def visits(self, expected: int) -> None:
        """Open the next ones' visits, which is not what is measured."""
        with self.db.pipeline(transaction=False) as pipe:
            for number in range(self._opened, self._opened + expected):
                visit = {"conn": f"p:{number}", "place": "idle", "name": f"v{number}"}
                pipe.hset(f"visitor:v{number}", mapping=visit)
            pipe.execute()
        self._opened += expected

    async def come(self, interests: tuple[str, ...], *, own_language: bool) -> bool:
        """Let somebody come and search; give whether they were matched."""
        number = next(self._numbers)
        name, conn = f"v{number}", f"p:{number}"
        languages = (f"l{number}",) if own_language else ()
        ticket = Ticket(name, POOL, interests, languages, patience=600)
        began = time.perf_counter()
        found = await self.store.find(conn=conn, ticket=ticket)
        self.calls.append((time.perf_counter() - began) * 1000)
        return bool(found.card)

    async def measure(self, wish: Wish) -> Cost:
        self.visits(2 * (100 + ROUNDS))
        for _ in range(100):  # warm
            await self.round(wish)
        self.calls.clear()
        self.db.config_resetstat()
        before, matches = self._cpu_seconds(), 0
        for _ in range(ROUNDS):
            matches += await self.round(wish)
        cpu = self._cpu_seconds() - before
        assert matches > 0.9 * ROUNDS, "too few were matched"
        return Cost(
            cpu=cpu / matches * 1e6,
            commands=self._commands() / matches,
            rare_ms=quantiles(self.calls, n=1000)[-1],
            longest_ms=max(self.calls),
        )

    def _cpu_seconds(self) -> float:
        spent = self.db.info("cpu")
        return float(spent["used_cpu_user_main_thread"] + spent["used_cpu_sys_main_thread"])

    def _commands(self) -> int:
        """Give how many commands scripts ran since the count was reset."""
        stats = self.db.info("commandstats")
        return sum(int(stats[name]["calls"]) for name in stats) - 2 * ROUNDS - 3

    async def round(self, wish: Wish) -> bool:
        await self.come(wish(), own_language=True)
        return await self.come(wish(), own_language=False)


async def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.pool")
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=100_000)
    arguments = parser.parse_args()
    shapes: dict[str, Wish] = {"Zipf": Zipf(), "all on one interest": one_interest}
    print(
        "| interests | waiting | CPU a match, µs | matches a CPU second | commands a match "
        "| p99.9, ms | longest, ms |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    good = True
    with running_redis() as db:
        bench = Bench(db)
        for name, wish in shapes.items():
            costs = []
            for waiting in (arguments.few, arguments.many):
                await bench.fill(wish, waiting)
                turns = [await bench.measure(wish) for _ in range(TURNS)]
                cost = min(turns, key=lambda each: each.cpu)
                costs.append(cost)
                print(
                    f"| {name} | {waiting:,} | {cost.cpu:.0f} | {1e6 / cost.cpu:,.0f} "
                    f"| {cost.commands:.0f} | {cost.rare_ms:.2f} | {cost.longest_ms:.2f} |",
                    flush=True,
                )
            few, many = costs
            good = good and many.cpu <= BAR_GROWTH * few.cpu and 1e6 / many.cpu >= BAR_MATCHES
        await bench.store.redis.aclose()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
