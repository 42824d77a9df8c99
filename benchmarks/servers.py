"""The servers that are compared, each started on the first core: the product and the baselines.

`running` starts them all and yields their names with where they listen and who they are.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from benchmarks.load import Dialect, on_core, open_many_files  # noqa: E402
from omegle.server import private_redis  # noqa: E402
from tests.environment import ROOT  # noqa: E402
from tests.faults import cluster as clusters  # noqa: E402
from tests.process.copies import free_port, wait_until  # noqa: E402
from tests.provision import node  # noqa: E402
from tests.strangers import new_cookie  # noqa: E402

SERVER_CORE, LOAD_CORE = 0, 1
_BASELINES = Path(__file__).parent / "baselines"
# What of the environment the measured copies get: which WebSocket class, say.
_PASSED_ON = ("WS_PROTOCOL",)

OMEGLE = "omegle"
ACROSS = "omegle, two processes"
SOCKET_IO = "bare socket.io"
WS = "bare ws"
PICOWS = "bare picows"
PUBSUB = "Channels, pubsub layer"
CORE = "Channels, core layer"
NAMES = (PICOWS, WS, SOCKET_IO, OMEGLE, ACROSS, PUBSUB, CORE)


@dataclass(frozen=True)
class Server:
    """Where strangers connect, in turn, and its processes; those of the web first."""

    name: str
    dialect: Dialect
    ports: list[int]
    pids: list[int]

    def cookies(self, count: int) -> list[str]:
        """Make what as many strangers need to be admitted."""
        return [new_cookie() for _ in range(count)] if self.dialect == OMEGLE else []


@asynccontextmanager
async def running(names: Iterable[str]) -> AsyncIterator[list[Server]]:
    """Run these servers; all of them idle but whoever is talked to."""
    open_many_files()
    wanted = list(names)
    async with AsyncExitStack() as stack:
        stack.enter_context(on_core(SERVER_CORE))
        found = []
        if {OMEGLE, ACROSS} & set(wanted):
            found += await stack.enter_async_context(_product(across=ACROSS in wanted))
        for name in wanted:
            if name not in (OMEGLE, ACROSS):
                found.append(stack.enter_context(_baseline(name)))
        yield [server for name in wanted for server in found if server.name == name]


@asynccontextmanager
async def _product(*, across: bool) -> AsyncIterator[list[Server]]:
    settings = clusters.NO_LIMITS | {
        name: os.environ[name] for name in _PASSED_ON if name in os.environ
    }
    webs: dict[str, tuple[tuple[str, ...], dict[str, str]]]
    webs = dict.fromkeys(("a", "b")[: 1 + across], (clusters.WEB, settings))
    async with clusters.running(webs) as cluster:
        ports = [web.copy.port for web in cluster.webs.values()]
        pids = [web.pid for web in cluster.webs.values()]
        redis = cluster.redis.pid
        yield [
            Server(OMEGLE, "omegle", ports[:1], [pids[0], redis]),
            Server(ACROSS, "omegle", ports, [*pids, redis]),
        ]


@contextmanager
def _baseline(name: str) -> Iterator[Server]:
    port = free_port()
    if name in (PUBSUB, CORE):
        with _redis() as (url, pid):
            layer = "pubsub" if name == PUBSUB else "core"
            module = [sys.executable, "-m", "benchmarks.baselines.channels_relay"]
            with _process([*module, str(port), layer, url], port) as own:
                yield Server(name, "plain", [port], [own, pid])
    elif name == PICOWS:
        module = [sys.executable, "-m", "benchmarks.baselines.picows_relay"]
        with _process([*module, str(port)], port) as own:
            yield Server(name, "plain", [port], [own])
    else:
        script, dialect = _NODE_RELAYS[name]
        program = node()
        assert program is not None, "there is no Node"
        with _process([*program, str(_BASELINES / script), str(port)], port) as own:
            yield Server(name, dialect, [port], [own])


_NODE_RELAYS: dict[str, tuple[str, Dialect]] = {
    WS: ("ws_relay.mjs", "plain"),
    SOCKET_IO: ("socketio_relay.mjs", "socket.io"),
}


@contextmanager
def _redis() -> Iterator[tuple[str, int]]:
    place = private_redis.private_directory()
    process = subprocess.Popen(private_redis.command(place), stdout=subprocess.DEVNULL)
    try:
        wait_until(private_redis.socket(place).exists, seconds=10, otherwise=lambda: "no Redis")
        yield private_redis.url(place), process.pid
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _process(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(
            lambda: _listens(port) or process.poll() is not None,
            seconds=20,
            otherwise=lambda: f"not started: {command}",
        )
        assert process.poll() is None, f"ended: {command}"
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    mark = f"0100007F:{port:04X} 00000000:0000 0A"
    return mark in Path("/proc/net/tcp").read_text()


def memory_bytes(pid: int) -> int:
    """Give what a process holds for itself; the kernel's buffers are not in it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError("smaps_rollup has no Pss")


def settle(pids: Iterable[int], *, seconds: float = 10.0) -> None:
    """Wait until the processes have next to nothing left to do, or for so long."""
    from benchmarks.load import cpu_seconds

    deadline = time.monotonic() + seconds
    before = sum(map(cpu_seconds, pids))
    while time.monotonic() < deadline:
        time.sleep(0.2)
        now = sum(map(cpu_seconds, pids))
        if now - before < 0.02:
            return
        before = now
