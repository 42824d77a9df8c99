"""Web processes on a Redis of their own, each to be killed, stopped and started again by itself.

Which process holds whom is known because each has its own port. Tests of faults and the soak use
it; nothing here knows what is tried.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import redis
from django.conf import settings

from omegle.server import private_redis
from tests.process.copies import START_SECONDS, Copy, prepared
from tests.strangers import Chat

# What disturbs a crowd of strangers that all have one address and type fast.
NO_LIMITS = {
    f"LIMIT_{name}": "0" for name in ("CONNECT", "CONNECTIONS", "FIND", "MESSAGES", "FRAMES")
}
WEB = (sys.executable, "-m", "omegle.server.web")
_STOP_SECONDS = 15


async def until(
    what: Callable[[], Any], *, seconds: float, otherwise: Callable[[], object]
) -> None:
    """Ask until the answer is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, otherwise()
        await asyncio.sleep(0.01)


@dataclass
class Web:
    """One web process; the same port whenever it is started again."""

    copy: Copy

    @property
    def chat(self) -> Chat:
        return Chat("127.0.0.1", self.copy.port)

    @property
    def pid(self) -> int:
        return self.copy.process.pid

    def start(self) -> None:
        (self.copy.run_dir / "static").mkdir(parents=True, exist_ok=True)
        self.copy.start()

    def signal(self, number: int) -> None:
        self.copy.process.send_signal(number)

    async def is_ready(self) -> bool:
        try:
            return (await asyncio.to_thread(self.copy.readyz))[0] == 200
        except (URLError, OSError, ValueError):  # ValueError: an answer that is no JSON
            return False

    async def ready(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            while not await self.is_ready():
                assert self.copy.process.poll() is None, self.copy.err
                await asyncio.sleep(0.05)

    async def exits(self, *, seconds: float) -> float:
        """Wait for the end of the process; give the seconds it took."""
        began = time.monotonic()
        await until(
            lambda: self.copy.process.poll() is not None,
            seconds=seconds,
            otherwise=lambda: f"still there: {self.copy.err}",
        )
        return time.monotonic() - began

    async def restart(self) -> None:
        """Start it again after its end."""
        await self.exits(seconds=_STOP_SECONDS)
        self.start()
        await self.ready()

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Cluster:
    """A Redis and the web processes on it.

    Attributes:
        db: a client of that Redis; its replies are text.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.webs: dict[str, Web] = {}
        self.db = redis.Redis.from_url(private_redis.url(place), decode_responses=True)
        self._own = {
            "SECRET_KEY": settings.SECRET_KEY,
            "EVIDENCE_KEYS": ",".join(settings.EVIDENCE_KEYS),
            "REDIS_URL": private_redis.url(place),
            "DATABASE_URL": f"sqlite:///{place}/db.sqlite3",
        }

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to belong to it."""
        return self._own | {"DJANGO_SETTINGS_MODULE": "omegle.settings"}

    def make_database(self) -> None:
        """Make the database that all processes share; without one nobody is matched."""
        shutil.copy(prepared() / "db.sqlite3", self.place)

    def start_redis(self) -> None:
        """Start an empty Redis where the last one was."""
        private_redis.socket(self.place).unlink(missing_ok=True)
        self.redis = subprocess.Popen(
            private_redis.command(self.place),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def redis_answers(self) -> bool:
        try:
            return bool(self.db.ping())
        except redis.ConnectionError:
            return False

    async def redis_ready(self) -> None:
        await until(self.redis_answers, seconds=10, otherwise=lambda: "no Redis")

    def add(self, name: str, *, command: tuple[str, ...] = WEB, **given: str) -> Web:
        """Start one more web process."""
        copy = Copy(self.place / name, settings=self._own | given, command=command)
        copy.place.mkdir()
        web = self.webs[name] = Web(copy)
        web.start()
        return web

    async def ready(self) -> None:
        """Wait until every process takes visitors; one that has ended is started again."""
        for web in self.webs.values():
            if web.copy.process.poll() is not None:
                web.start()
        await asyncio.gather(*(web.ready() for web in self.webs.values()))

    def stop(self) -> None:
        self.db.close()
        processes = [web.copy.process for web in self.webs.values()]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.redis.send_signal(signal.SIGCONT)
        self.redis.kill()
        self.redis.wait()


@asynccontextmanager
async def running(
    webs: dict[str, tuple[tuple[str, ...], dict[str, str]]],
) -> AsyncIterator[Cluster]:
    """Run a cluster whose web processes have these commands and settings."""
    place = private_redis.private_directory()
    cluster = Cluster(place)
    try:
        cluster.start_redis()
        await cluster.redis_ready()
        await asyncio.to_thread(cluster.make_database)
        for name, (command, given) in webs.items():
            cluster.add(name, command=command, **given)
        await cluster.ready()
        yield cluster
    finally:
        with contextlib.suppress(AttributeError):  # Redis was not started
            await asyncio.to_thread(cluster.stop)
        shutil.rmtree(place, ignore_errors=True)
