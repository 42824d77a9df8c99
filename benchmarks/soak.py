"""Hundreds of strangers for minutes, while web processes are stopped and killed: is anything lost?

    python -m benchmarks.soak --minutes 10 [--strangers 200] [--plot PATH] [--csv PATH]

Three web processes on a Redis of their own. The strangers talk, skip, drop, come back and leave;
every half a minute one of two processes is replaced, every third time by killing it. Exits with 1
if a confirmed message was not heard by somebody who should have, or anything was told twice.
"""

import argparse
import asyncio
import contextlib
import csv
import itertools
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from tests.faults.cluster import NO_LIMITS, WEB, Cluster, Web, running  # noqa: E402
from tests.faults.page import REFUSED, Page, Talk  # noqa: E402

# The process that is never replaced: only its memory can be seen to stay flat.
STEADY = "steady"
REPLACE_SECONDS = 30
SAMPLE_SECONDS = 2
SETTLE_SECONDS = 5
DRAIN_SECONDS = 5
# What a stranger does next in a conversation, with its share; a turn lasts up to `TURN_SECONDS`.
TURN_SECONDS = 2.0
TURNS = {"say": 0.85, "skip": 0.04, "drop": 0.05, "leave": 0.02, "vanish": 0.04}
# How long somebody who dropped stays away; longer than the place is kept now and then.
AWAY_SECONDS = (0.0, 0.5, 2.0, 8.0, 40.0)
# Whoever ended a conversation themselves, or lost it, need not have heard the last of it. Whom the
# stranger left must have, before they were told.
_EXCUSES = {"you_left", "skipped", "lost", "reset", "resume_failed"}


@dataclass
class Sample:
    """A moment; memory in MiB, of a process since its last start."""

    seconds: float
    online: int
    rss_a: float
    rss_b: float
    rss_steady: float
    redis: float
    keys: int
    confirmed: int
    heard: int


@dataclass
class Count:
    confirmed: int = 0
    heard: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    excused: int = 0
    rooms: int = 0


class Soak:
    def __init__(self, cluster: Cluster, *, strangers: int, seconds: float) -> None:
        self.cluster = cluster
        self.db: Any = cluster.db
        self.seconds = seconds
        self.random = random.Random(1)
        homes = [web.chat for web in cluster.webs.values()]
        self.pages = [Page(*self.random.sample(homes, len(homes))) for _ in range(strangers)]
        self.samples: list[Sample] = []
        self.began = time.monotonic()
        self.did: Counter[str] = Counter()
        self.replaced: list[tuple[float, str]] = []
        self._over = asyncio.Event()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    async def run(self) -> Count:
        lives = [asyncio.create_task(self._live(page)) for page in self.pages]
        others = [asyncio.create_task(part()) for part in (self._sample, self._replace)]
        await asyncio.sleep(self.seconds)
        self._over.set()
        await asyncio.gather(*lives, *others)
        await self._settle()
        return self.count()

    # --- What happens ----------------------------------------------------------------------------

    async def _live(self, page: Page) -> None:
        rng = random.Random(self.random.random())
        await asyncio.sleep(rng.random() * 5)
        await self._connect(page)
        number = 0
        while not self.over:
            await asyncio.sleep(rng.random() * TURN_SECONDS)
            if page.talk is None:
                if not page.is_waiting:
                    page.find()
                continue
            turn = rng.choices(list(TURNS), weights=list(TURNS.values()))[0]
            self.did[turn] += 1
            match turn:
                case "say":
                    number += 1
                    page.post(f"{number}" + " word" * rng.randint(0, 20))
                case "skip":
                    page.find()
                case "drop":
                    await self._drop(page, rng.choice(AWAY_SECONDS))
                case "leave":
                    page.send("leave")
                case "vanish":
                    page.find()
                    await self._drop(page, rng.choice(AWAY_SECONDS))
        await self._be_there(page)

    async def _drop(self, page: Page, seconds: float) -> None:
        page.lose()
        await self._until(self.now + seconds)
        await self._connect(page)

    async def _be_there(self, page: Page) -> None:
        """Let an attempt that is under way succeed; a page that gave up comes back."""
        with contextlib.suppress(AssertionError):
            await page.until(lambda: page.is_connected, "connected", seconds=SETTLE_SECONDS)
            return
        await self._connect(page)

    async def _connect(self, page: Page) -> None:
        while True:
            try:
                await page.connect()
            except REFUSED:
                page.homes.append(page.homes.pop(0))
                await asyncio.sleep(0.3)
            else:
                return

    async def _replace(self) -> None:
        """Replace one process after the other."""
        names = [name for name in self.cluster.webs if name != STEADY]
        for count in itertools.count():
            await self._until(self.now + REPLACE_SECONDS)
            if self.over:
                return
            name = names[count % len(names)]
            web, kills = self.cluster.webs[name], count % 3 == 2
            self.replaced.append((self.now, f"{'KILL' if kills else 'TERM'} {name}"))
            web.signal(signal.SIGKILL if kills else signal.SIGTERM)
            await web.exits(seconds=DRAIN_SECONDS + 1)
            web.start()
            await web.ready()

    async def _until(self, at: float) -> None:
        """Wait until then, or until it is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at - self.now):
                await self._over.wait()

    async def _sample(self) -> None:
        while not self.over:
            webs, db = self.cluster.webs, self.db
            count = [len(t.confirmed) for page in self.pages for t in page.talks]
            heard = [len(t.heard) for page in self.pages for t in page.talks]
            self.samples.append(
                Sample(
                    seconds=round(self.now, 1),
                    online=sum(page.is_connected for page in self.pages),
                    rss_a=_resident(webs["a"]),
                    rss_b=_resident(webs["b"]),
                    rss_steady=_resident(webs[STEADY]),
                    redis=round(db.info("memory")["used_memory"] / 2**20, 3),
                    keys=db.dbsize(),
                    confirmed=sum(count),
                    heard=sum(heard),
                )
            )
            await self._until(self.now + SAMPLE_SECONDS)

    async def _settle(self) -> None:
        """Let everything said arrive."""
        await asyncio.sleep(SETTLE_SECONDS)

    # --- What came of it -------------------------------------------------------------------------

    def count(self) -> Count:
        """Compare the two sides of every room."""
        rooms: dict[str, list[Talk]] = {}
        for page in self.pages:
            for talk in page.talks:
                rooms.setdefault(talk.room, []).append(talk)
        total = Count(rooms=len(rooms))
        for talks in rooms.values():
            for said in talks:
                # Who comes back into a room that is over hears all of it once more.
                heard = [other for other in talks if other.seat != said.seat]
                self._compare(total, said, heard)
        for page in self.pages:
            for fault in page.faults:
                seqs = fault.split()
                if len(seqs) > 2 and seqs[1] == "after":
                    doubled = int(seqs[0]) <= int(seqs[2])
                    total.doubled += doubled
                    total.disordered += not doubled
                else:
                    total.disordered += 1
                print("FAULT", fault[:200], file=sys.stderr)
        return total

    def _compare(self, total: Count, said: Talk, heard: Sequence[Talk]) -> None:
        confirmed = sorted(said.confirmed)
        total.confirmed += len(confirmed)
        total.heard += sum(len(talk.heard) for talk in heard)
        missing = set(confirmed).difference(*(talk.heard for talk in heard))
        if not heard or heard[-1].end in _EXCUSES:
            total.excused += len(missing)
        else:
            total.lost += len(missing)
            if missing:
                print(
                    "LOST", said.room, sorted(missing)[:3], said.end, heard[-1].end, file=sys.stderr
                )


def _resident(web: Web) -> float:
    try:
        return web.resident_bytes() / 2**20
    except (OSError, IndexError):  # it is being replaced
        return 0.0


# --- Telling --------------------------------------------------------------------------------------


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Give the least squares slope, in units a minute."""
    n = len(points)
    if n < 3:
        return 0.0
    x_mean = sum(x for x, _ in points) / n
    y_mean = sum(y for _, y in points) / n
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return 60 * sum((x - x_mean) * (y - y_mean) for x, y in points) / spread


def report(soak: Soak, count: Count) -> None:
    for name, value in zip((f.name for f in fields(count)), astuple(count), strict=True):
        print(f"{name:<12} {value:>10,}")
    for what, times in sorted(soak.did.items()):
        print(f"{what:<12} {times:>10,}")
    print(f"{'replaced':<12} {len(soak.replaced):>10,}")
    # By then a process is warm, and its memory should be flat.
    warm = [sample for sample in soak.samples if sample.seconds >= soak.seconds / 2]
    if not warm:
        return
    print("\nThe second half; Redis keeps a room that is over for 15 minutes:")
    print(f"{'':<22} {'first':>9} {'last':>9} {'most':>9} {'slope/min':>10}")
    for title, name in (
        ("RSS of steady, MiB", "rss_steady"),
        ("Redis, MiB", "redis"),
        ("Redis, keys", "keys"),
    ):
        points = [(sample.seconds, float(getattr(sample, name))) for sample in warm]
        values = [y for _, y in points]
        print(
            f"{title:<22} {values[0]:>9.1f} {values[-1]:>9.1f} {max(values):>9.1f}"
            f" {slope(points):>10.3f}"
        )
    for name in ("rss_a", "rss_b"):
        print(f"most {name}, MiB: {max(getattr(sample, name) for sample in warm):.1f}")


def write_csv(samples: Sequence[Sample], path: Path) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(f.name for f in fields(Sample))
        rows.writerows(astuple(sample) for sample in samples)


def plot(soak: Soak, count: Count, path: Path) -> None:
    """Draw memory and messages over time, without a library."""
    width, height, left, gap = 720, 150, 60, 50
    seconds = max(sample.seconds for sample in soak.samples)
    panels = (
        ("memory, MiB", {"steady": "rss_steady", "a": "rss_a", "b": "rss_b", "Redis": "redis"}),
        ("strangers connected", {"connected": "online"}),
        ("messages", {"confirmed": "confirmed", "heard": "heard"}),
    )
    colours = ("#1f6feb", "#bf8700", "#8250df", "#cf222e")
    total = len(panels) * (height + gap) + gap
    caption = (
        f"{len(soak.pages)} strangers, {seconds / 60:.0f} minutes, {len(soak.replaced)} processes "
        f"replaced (dashed; red: killed): {count.confirmed:,} messages confirmed, "
        f"{count.lost} lost, {count.doubled} doubled"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 120} {total}">',
        "<style>text { font: 12px sans-serif }</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{left}" y="20">{caption}</text>',
    ]
    for row, (title, lines) in enumerate(panels):
        top = gap + row * (height + gap)
        most = max(getattr(s, name) for s in soak.samples for name in lines.values()) or 1

        def at(x: float, y: float, top: float = top, most: float = most) -> str:
            return f"{left + width * x / seconds:.1f},{top + height * (1 - y / most):.1f}"

        parts.append(f'<text x="{left}" y="{top - 6}" fill="#444">{title}</text>')
        for share in (0, 0.5, 1):
            y = top + height * (1 - share)
            parts.append(f'<path d="M{left} {y}h{width}" stroke="#ddd"/>')
            parts.append(
                f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{most * share:,.0f}</text>'
            )
        for moment, what in soak.replaced:
            x = left + width * moment / seconds
            colour = "#cf222e" if what.startswith("KILL") else "#999"
            parts.append(
                f'<path d="M{x:.1f} {top}v{height}" stroke="{colour}" stroke-dasharray="2 3"/>'
            )
        for index, (label, name) in enumerate(lines.items()):
            points = " ".join(at(s.seconds, getattr(s, name)) for s in soak.samples)
            colour = colours[index]
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
            parts.append(
                f'<text x="{left + width + 8}" y="{top + 12 + 16 * index}" fill="{colour}">'
                f"{label}</text>"
            )
        for minute in range(int(seconds // 60) + 1):
            x = left + width * 60 * minute / seconds
            parts.append(
                f'<text x="{x:.1f}" y="{top + height + 14}" text-anchor="middle">{minute}</text>'
            )
    parts.append("</svg>\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts))


async def soak(arguments: argparse.Namespace) -> int:
    given = NO_LIMITS | {"DRAIN_SECONDS": str(DRAIN_SECONDS)}
    async with running(dict.fromkeys(("a", "b", STEADY), (WEB, given))) as cluster:
        run = Soak(cluster, strangers=arguments.strangers, seconds=60 * arguments.minutes)
        try:
            count = await run.run()
        finally:
            await asyncio.gather(*(page.stop() for page in run.pages))
    report(run, count)
    if arguments.csv:
        write_csv(run.samples, arguments.csv)
    if arguments.plot:
        plot(run, count, arguments.plot)
    return 1 if count.lost or count.doubled or count.disordered else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--strangers", type=int, default=200)
    parser.add_argument("--plot", type=Path, help="draw an SVG there")
    parser.add_argument("--csv", type=Path, help="write the samples there")
    sys.exit(asyncio.run(soak(parser.parse_args())))


if __name__ == "__main__":
    main()
