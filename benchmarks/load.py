"""Strangers by the thousand, in a process of their own: what the other benchmarks measure with.

They speak PROTOCOL.md, or what the bare relays of `baselines/` understand. The process reads orders
as lines of JSON and answers each with one line; `Load` is its other end. A pair has one message in
flight: each says something as soon as it has heard the other.
"""

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any, Literal

import uvloop
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.filters import ENGLISH, messages

Dialect = Literal["omegle", "plain", "socket.io"]

_CONNECTING = 32
_WARM_SECONDS = 0.3
_PATIENCE_SECONDS = 30.0
_PATHS = {"omegle": "/ws/", "plain": "/ws/", "socket.io": "/socket.io/?EIO=4&transport=websocket"}
_KIND = re.compile(rb'(?:\{"type": ?|42\[)"(\w+)"')
_SEAT = re.compile(rb'(?:"seat": ?|"matched",)(\d)')
_ROOM = re.compile(rb'"room":"([^"]+)"')
# Of a length that the product's have.
_NO_ROOM = b"0123456789012345678901"


@dataclass(frozen=True)
class Spoken:
    """What a time of talking came to; CPU in seconds for each process."""

    messages: int
    seconds: float
    cpu: list[float]
    p50: float
    p99: float


@dataclass(frozen=True)
class Done:
    """How often something happened, and what it took."""

    count: int
    seconds: float
    cpu: list[float]


def cpu_seconds(pid: int) -> float:
    """Give the CPU time of a process, to the nanosecond: that of /proc is in ticks of 10 ms."""
    return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid(3) makes its clock


def open_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Let what is started meanwhile run on one core alone; does nothing where there is only one."""
    before = os.sched_getaffinity(0)
    if len(before) > 1:
        os.sched_setaffinity(0, {sorted(before)[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


# --- The end that gives orders --------------------------------------------------------------------


class Load:
    """The other process; a name stands for strangers that were opened under it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def open(
        self,
        name: str,
        dialect: Dialect,
        ports: Sequence[int],
        count: int,
        cookies: Iterable[str] = (),
        pids: Sequence[int] = (),
    ) -> Done:
        """Connect strangers, to the ports in turn."""
        told = self._order("open", name, dialect, ports, count, list(cookies), pids)
        return Done(**told)

    def pair(self, name: str) -> None:
        """Let them find each other, two by two in the order they came."""
        self._order("pair", name)

    def talk(self, name: str, seconds: float, pids: Sequence[int]) -> Spoken:
        return Spoken(**self._order("talk", name, seconds, pids))

    def skip(self, name: str, seconds: float, pids: Sequence[int]) -> Done:
        """Let each look for the next stranger as soon as there is one; count who was matched."""
        return Done(**self._order("skip", name, seconds, pids))

    def told(self, name: str) -> dict[str, int]:
        """Count what they were told since the last call, messages excepted, by type of frame."""
        return self._order("told", name)

    def close(self, name: str) -> None:
        self._order("close", name)

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _order(self, *order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the load generator failed at {order[:2]}"
        told: dict[str, Any] = json.loads(line)
        return told


# --- Strangers ------------------------------------------------------------------------------------


@dataclass
class Crowd:
    """Strangers of one server, and what they have done so far."""

    dialect: Dialect
    strangers: "list[Stranger]" = field(default_factory=list)
    heard: int = 0
    matched: int = 0
    told: "Counter[str]" = field(default_factory=Counter)
    rounds: list[float] = field(default_factory=list)
    is_over: bool = True
    skips: bool = False
    texts: "cycle[bytes]" = field(
        default_factory=lambda: cycle(json.dumps(t).encode() for t in messages(ENGLISH.split(), 2))
    )

    def mark(self) -> None:
        self.heard = self.matched = 0
        self.rounds.clear()


class Stranger(WSListener):
    """One socket; `leads` is the one of two whose rounds are timed."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.is_plain = crowd.dialect != "socket.io"
        self.room = _NO_ROOM
        self.leads = False
        self.is_alone = True
        self.began = 0.0
        self.number = 0
        loop = asyncio.get_running_loop()
        self.is_in: asyncio.Future[None] = loop.create_future()
        self.is_waiting: asyncio.Future[None] = loop.create_future()
        self.is_met: asyncio.Future[None] = loop.create_future()
        self.is_silent: asyncio.Future[None] = loop.create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        if self.crowd.dialect == "omegle":
            self.send(b'{"type":"hello","protocol":1}')
        elif self.crowd.dialect == "plain":
            self.is_in.set_result(None)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            assert frame.msg_type != WSMsgType.CLOSE, frame.get_close_code()
            return
        payload = frame.get_payload_as_bytes()
        found = _KIND.match(payload)
        kind = found[1] if found else payload[:2]
        if kind == b"message":
            self.hears()
        elif kind != b"sent":
            self.learns(kind, payload)

    def learns(self, kind: bytes, payload: bytes) -> None:
        """Hear of anything but a message."""
        self.crowd.told[kind.decode()] += 1
        if kind == b"0{":  # socket.io greets
            self.send(b"40")
        elif kind == b"2":
            self.send(b"3")
        elif kind in (b"40", b"welcome"):
            self.is_in.set_result(None)
        elif kind == b"waiting" and not self.is_waiting.done():
            self.is_waiting.set_result(None)
        elif kind == b"matched":
            self.meets(payload)
        elif kind == b"ended":
            if b'"you_left"' not in payload:  # else it is looking already
                self.is_alone = True
                if self.crowd.skips:
                    self.find()
        else:
            assert kind in (b"waiting", b"online"), payload

    def meets(self, payload: bytes) -> None:
        if room := _ROOM.search(payload):
            self.room = room[1]
        seat = _SEAT.search(payload)
        self.leads = seat is not None and seat[1] == b"1"
        self.crowd.matched += 1
        if not self.is_met.done():
            self.is_met.set_result(None)
        if self.crowd.skips and self.leads:
            self.find()

    def find(self) -> None:
        self.leads = self.is_alone = False
        self.send(b'{"type":"find","mode":"text"}' if self.is_plain else b'42["find"]')

    def says(self) -> None:
        self.number += 1
        frame = b'{"type":"message","room":"%s","id":"m%d","text":%s}' % (
            self.room,
            self.number,
            next(self.crowd.texts),
        )
        self.send(frame if self.is_plain else b'42["message",%s]' % frame)

    def begins(self) -> None:
        self.is_silent = asyncio.get_running_loop().create_future()
        self.began = time.perf_counter()
        self.says()

    def hears(self) -> None:
        crowd = self.crowd
        crowd.heard += 1
        if self.leads:
            now = time.perf_counter()
            crowd.rounds.append(now - self.began)
            self.began = now
            if crowd.is_over:
                self.is_silent.set_result(None)
                return
        self.says()

    def send(self, payload: bytes) -> None:
        self.transport.send(WSMsgType.TEXT, payload)


class Generator:
    """Does what it is ordered."""

    def __init__(self) -> None:
        self.crowds: dict[str, Crowd] = {}

    async def open(
        self,
        name: str,
        dialect: Dialect,
        ports: list[int],
        count: int,
        cookies: list[str],
        pids: list[int],
    ) -> dict[str, Any]:
        crowd = self.crowds[name] = Crowd(dialect)
        few = asyncio.Semaphore(_CONNECTING)

        async def connect(number: int) -> Stranger:
            port = ports[number % len(ports)]
            headers = {"Origin": f"http://127.0.0.1:{port}"}
            if cookies:
                headers["Cookie"] = f"visitor={cookies[number]}"
            async with few:
                _, stranger = await ws_connect(
                    lambda: Stranger(crowd),
                    f"ws://127.0.0.1:{port}{_PATHS[dialect]}",
                    extra_headers=headers,
                    websocket_handshake_timeout=_PATIENCE_SECONDS,
                    # An address has ports for some 28,000 connections, so there are several.
                    local_addr=(f"127.0.0.{1 + number % 8}", 0),
                )
                assert isinstance(stranger, Stranger)
                await stranger.is_in
            return stranger

        async def all_of_them() -> int:
            crowd.strangers += await asyncio.gather(*(connect(n) for n in range(count)))
            return count

        return await _measured(all_of_them, pids)

    async def pair(self, name: str) -> None:
        crowd = self.crowds[name]
        for one, two in zip(crowd.strangers[::2], crowd.strangers[1::2], strict=True):
            one.find()
            if crowd.dialect == "omegle":
                await one.is_waiting  # else who comes by another process may be the first
            two.find()
            await one.is_met
            await two.is_met

    async def talk(self, name: str, seconds: float, pids: list[int]) -> dict[str, Any]:
        crowd = self.crowds[name]
        leaders = [stranger for stranger in crowd.strangers if stranger.leads]
        crowd.is_over = False
        for leader in leaders:
            leader.begins()
        await asyncio.sleep(_WARM_SECONDS)
        crowd.mark()

        async def a_while() -> int:
            await asyncio.sleep(seconds)
            while not crowd.rounds:  # noqa: ASYNC110  # so slow that not one was finished
                await asyncio.sleep(seconds)
            return crowd.heard

        done = await _measured(a_while, pids)
        rounds = sorted(crowd.rounds)
        crowd.is_over = True
        await asyncio.gather(*(leader.is_silent for leader in leaders))
        spoken = Spoken(
            done["count"],
            done["seconds"],
            done["cpu"],
            rounds[len(rounds) // 2],
            rounds[len(rounds) * 99 // 100],
        )
        return asdict(spoken)

    async def skip(self, name: str, seconds: float, pids: list[int]) -> dict[str, Any]:
        crowd = self.crowds[name]
        crowd.skips = True
        for stranger in crowd.strangers:
            if stranger.is_alone or stranger.leads:
                stranger.find()
        await asyncio.sleep(_WARM_SECONDS)
        crowd.mark()

        async def a_while() -> int:
            await asyncio.sleep(seconds)
            return crowd.matched

        done = await _measured(a_while, pids)
        crowd.skips = False
        await asyncio.sleep(_WARM_SECONDS)
        return done

    async def told(self, name: str) -> dict[str, int]:
        crowd = self.crowds[name]
        told, crowd.told = crowd.told, Counter()
        return told

    async def close(self, name: str) -> None:
        strangers = self.crowds.pop(name).strangers
        for stranger in strangers:
            stranger.transport.send_close(WSCloseCode.OK)
            stranger.transport.disconnect()
        await asyncio.gather(*(stranger.transport.wait_disconnected() for stranger in strangers))


async def _measured(do: Callable[[], Awaitable[int]], pids: Sequence[int]) -> dict[str, Any]:
    cpu, began = [cpu_seconds(pid) for pid in pids], time.perf_counter()
    count = await do()
    seconds = time.perf_counter() - began
    spent = [cpu_seconds(pid) - before for pid, before in zip(pids, cpu, strict=True)]
    return asdict(Done(count, seconds, spent))


async def main() -> None:
    open_many_files()
    generator = Generator()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        verb, *rest = json.loads(line)
        async with asyncio.timeout(20 * _PATIENCE_SECONDS):
            told = await getattr(generator, verb)(*rest)
        print(json.dumps(told or {}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
