"""A page without a browser: it comes back with `resume` and says again what was not confirmed.

It keeps what it was told and notes what a page must never be told: a number twice, a gap, a frame
of another room, something after `ended`. Tests of faults and the soak look at that.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import websockets

from tests.strangers import Chat, Frame, Stranger, new_cookie

# What connecting may raise while a process is away.
REFUSED = (OSError, TimeoutError, websockets.WebSocketException)

# Anything but 1000 and 1001, so that the place is kept for the full time.
_REFRESH = 4000
_RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0)
_SEND_AGAIN_SECONDS = 0.2


@dataclass
class Talk:
    """One room as a page knows it.

    Attributes:
        pending: what was not confirmed yet, by id, in the order it was said.
        confirmed: (seq, text) of what was.
        heard: (seq, text) of what the stranger said.
        end: why it is over; `resume_failed` when the page was told only that, `skipped` when
            it was told of the next room or queue instead.
        is_left: the page has looked for another one.
    """

    room: str
    seat: int
    pending: dict[str, str] = field(default_factory=dict)
    confirmed: list[tuple[int, str]] = field(default_factory=list)
    heard: list[tuple[int, str]] = field(default_factory=list)
    seen: dict[int, int] = field(default_factory=dict)
    end: str | None = None
    is_left: bool = False


class Page:
    """One visitor, over as many sockets as it takes.

    Attributes:
        frames: everything told but messages, confirmations and counts; each with the `time` it
            came (monotonic) under that key.
        talk: the room it is in; `talks`: every room it was in.
        is_waiting: in the queue, as far as it was told.
        closes: the codes its sockets closed with, its own closing excepted.
        replaced: the codes of sockets it had left for another that was opened meanwhile.
        faults: what must not have been told.
    """

    _ids = itertools.count(1)

    def __init__(self, *homes: Chat, cookie: str | None = None) -> None:
        self.homes = list(homes)
        self.cookie = cookie or new_cookie()
        self.frames: list[Frame] = []
        self.welcome: Frame = {}
        self.talk: Talk | None = None
        self.talks: list[Talk] = []
        self.is_waiting = False
        self.closes: list[int] = []
        self.replaced: list[int] = []
        self.faults: list[str] = []
        self.socket: Stranger | None = None
        self._generation = 0
        self._is_open = False
        self._stays_away = False
        self._leave_at: float | None = None
        self._read_to = 0
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return self._is_open

    # --- Connections -----------------------------------------------------------------------------

    async def connect(self, chat: Chat | None = None) -> None:
        """Open a socket and say hello, whatever becomes of the one there is."""
        self._stays_away = False
        self._generation += 1
        mine = self._generation
        self._is_open, self._leave_at = False, None
        socket = await (chat or self.homes[0]).open(cookie=self.cookie)
        if not self._is(mine):
            socket.abort()
            return
        self.socket = socket
        hello: Frame = {"protocol": 1}
        if self.welcome:
            seen = self.talk.seen if self.talk else {}
            hello |= {
                "resume": self.welcome["resume"],
                "epoch": self.welcome["epoch"],
                "seen": {str(seat): seq for seat, seq in seen.items()},
            }
        self._spawn(self._read(socket, mine))
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send("hello", **hello)

    async def move(self, chat: Chat) -> None:
        """Open a socket there while the old one is still open."""
        count = len(self.frames)
        await self.connect(chat)
        await self.until(
            lambda: any(frame["type"] == "welcome" for frame in self.frames[count:]), "a welcome"
        )

    def lose(self) -> None:
        """Cut the connection without a word, and stay away."""
        self._stays_away = True
        self._is_open = False
        self._generation += 1
        if self.socket is not None:
            self.socket.abort()

    async def stop(self) -> None:
        """Go away for good."""
        self._stays_away = True
        self._generation += 1
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.socket is not None:
            self.socket.abort()
            await self.socket.socket.wait_closed()

    async def _read(self, socket: Stranger, mine: int) -> None:
        """Take what a socket brings until it closes; then come back."""
        try:
            while True:
                async with asyncio.timeout_at(self._leave_at if self._is(mine) else None):
                    text = await socket.socket.recv()
                if self._is(mine):
                    self._take(json.loads(text))
        except TimeoutError:
            self._is_open = False
            await socket.socket.close(_REFRESH)
            return await self._come_back(mine)
        except websockets.ConnectionClosed:
            pass
        code = socket.socket.close_code or 1006
        if not self._is(mine):
            self.replaced.append(code)
            self._wake()
            return None
        self._is_open = False
        self.closes.append(code)
        self._wake()
        if code == 4409:
            self.faults.append("replaced by nobody")
            return None
        return await self._come_back(mine)

    async def _come_back(self, mine: int) -> None:
        """Go on at the next address that takes us."""
        for delay in itertools.chain(_RETRY_SECONDS, itertools.repeat(_RETRY_SECONDS[-1])):
            if not self._is(mine) or self._stays_away:
                return
            mine += 1  # the attempt's
            self.homes.append(self.homes.pop(0))
            with contextlib.suppress(*REFUSED):
                await self.connect()
                return
            await asyncio.sleep(delay)

    def _is(self, generation: int) -> bool:
        return generation == self._generation

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- Saying ----------------------------------------------------------------------------------

    def post(self, text: str) -> str:
        """Say something as soon as possible; give its id."""
        assert self.talk is not None
        id = f"p{next(self._ids)}"
        self.talk.pending[id] = text
        self._send_message(self.talk, id)
        return id

    def send(self, type: str, **fields: object) -> None:
        """Send a frame, if there is a connection."""
        socket = self.socket
        if socket is None or not self._is_open:
            return

        async def run() -> None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.send(type, **fields)

        self._spawn(run())

    def find(self, *interests: str) -> None:
        if self.talk is not None:
            self.talk.is_left = True
        self.send("find", mode="text", interests=list(interests))

    def _send_message(self, talk: Talk, id: str) -> None:
        if id in talk.pending and talk is self.talk:
            self.send("message", room=talk.room, id=id, text=talk.pending[id], ref=id)

    # --- Hearing ---------------------------------------------------------------------------------

    async def until(self, what: object, told: str, *, seconds: float = 10) -> None:
        """Wait until the callable is true."""
        assert callable(what)
        try:
            async with asyncio.timeout(seconds):
                while not what():
                    await self._changed.wait()
        except TimeoutError:
            last = self.frames[-8:]
            raise AssertionError(
                f"not within {seconds} s: {told}; {self.closes=} {last=} {self.talk=}"
            ) from None

    async def hears(self, type: str, *, seconds: float = 10, **fields: object) -> Frame:
        """Give the next frame of this type with these fields; others before it are passed over."""
        found: list[Frame] = []

        def look() -> bool:
            while self._read_to < len(self.frames) and not found:
                frame = self.frames[self._read_to]
                self._read_to += 1
                if frame["type"] == type and frame == frame | fields:
                    found.append(frame)
            return bool(found)

        await self.until(look, f"{type} {fields}", seconds=seconds)
        return found[0]

    def told(self, type: str, since: float = 0.0) -> list[Frame]:
        return [f for f in self.frames if f["type"] == type and f["time"] >= since]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _take(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "message":
            self._take_message(frame)
        elif kind == "sent":
            self._take_sent(frame)
        elif kind != "online":
            self.frames.append(frame | {"time": time.monotonic()})
            getattr(self, f"_take_{kind}", lambda _: None)(frame)
        self._wake()

    def _take_welcome(self, frame: Frame) -> None:
        self.welcome, self._is_open, self.is_waiting = frame, True, False
        if not frame["resumed"]:
            self._over("resume_failed")

    def _take_waiting(self, frame: Frame) -> None:
        self._over("skipped")
        self.is_waiting = True

    def _take_matched(self, frame: Frame) -> None:
        self.is_waiting = False
        if self.talk is not None and self.talk.is_left and self.talk.room != frame["room"]:
            self._over("skipped")  # before the connection was lost
        if self.talk is None:
            self.talk = Talk(frame["room"], frame["you"]["seat"])
            self.talks.append(self.talk)
        elif self.talk.room != frame["room"]:
            self.faults.append(f"matched before the end of {self.talk.room}")
        for id in tuple(self.talk.pending):
            self._send_message(self.talk, id)

    def _take_message(self, frame: Frame) -> None:
        talk, seat, seq = self.talk, frame["seat"], frame["seq"]
        if talk is None or talk.room != frame["room"]:
            self.faults.append(f"a message of another room: {frame}")
            return
        if seq != talk.seen.get(seat, 0) + 1:
            self.faults.append(f"{seq} after {talk.seen.get(seat, 0)} of seat {seat}: {frame}")
        talk.seen[seat] = seq
        if seat != talk.seat:
            talk.heard.append((seq, frame["text"]))

    def _take_sent(self, frame: Frame) -> None:
        talk = next((t for t in reversed(self.talks) if t.room == frame["room"]), None)
        if talk is None:
            self.faults.append(f"confirmed in no room: {frame}")
        elif frame["id"] in talk.pending:
            talk.confirmed.append((frame["seq"], talk.pending.pop(frame["id"])))
            talk.seen[talk.seat] = max(frame["seq"], talk.seen.get(talk.seat, 0))

    def _take_ended(self, frame: Frame) -> None:
        if self.talk is None or self.talk.room != frame["room"]:
            self.faults.append(f"the end of another room: {frame}")
        self._over(frame["reason"])

    def _take_draining(self, frame: Frame) -> None:
        loop = asyncio.get_running_loop()
        self._leave_at = loop.time() + frame["reconnect_in_ms"] / 1000

    def _take_error(self, frame: Frame) -> None:
        """What could not be written for the moment is said again."""
        talk = self.talk
        if frame["code"] == "unavailable" and talk is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(_SEND_AGAIN_SECONDS, self._send_message, talk, frame.get("ref", ""))

    def _over(self, reason: str) -> None:
        if self.talk is not None:
            self.talk.end, self.talk = reason, None


async def meet(alice: Page, bob: Page, topic: str) -> None:
    """Let two pages meet over a topic that nobody else has."""
    alice.find(topic)
    await alice.hears("waiting")
    bob.find(topic)
    await bob.hears("matched")
    await alice.hears("matched")


@asynccontextmanager
async def pages(
    *homes: Sequence[Chat], as_was: Stranger | None = None
) -> AsyncIterator[list[Page]]:
    """Pages that are connected, each with the addresses it may go to; the first at first.

    `as_was`: the socket whose place is taken up again.
    """
    opened = [Page(*chats, cookie=as_was.cookie if as_was else None) for chats in homes]
    try:
        for page in opened:
            page.welcome = as_was.welcome if as_was else {}
            await page.connect()
            await page.hears("welcome")
        yield opened
    finally:
        await asyncio.gather(*(page.stop() for page in opened))


@asynccontextmanager
async def pair(topic: str, *homes: Sequence[Chat]) -> AsyncIterator[tuple[Page, Page]]:
    """Two pages in a room."""
    async with pages(*homes) as (alice, bob):
        await meet(alice, bob, topic)
        yield alice, bob


@asynccontextmanager
async def talking(
    *strangers: Page, every: float = 0.05, seconds: float = 10
) -> AsyncIterator[None]:
    """Let all of them talk all the time; at the end nothing was lost, doubled or out of order."""

    async def talk_on(page: Page) -> None:
        for number in itertools.count(1):
            if page.talk is not None:
                page.post(f"{number}")
            await asyncio.sleep(every)

    tasks = [asyncio.create_task(talk_on(page)) for page in strangers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for alice, bob in zip(strangers[::2], strangers[1::2], strict=True):
        await settled(alice, bob)


async def settled(alice: Page, bob: Page, *, seconds: float = 10) -> None:
    """Wait until everything said in their room is confirmed and heard; check that it is exact."""
    a, b = alice.talk, bob.talk
    assert a is not None, (alice.talks, alice.frames[-5:])
    assert b is not None, (bob.talks, bob.frames[-5:])
    assert a.room == b.room
    await alice.until(lambda: not a.pending, "everything of alice confirmed", seconds=seconds)
    await bob.until(lambda: not b.pending, "everything of bob confirmed", seconds=seconds)
    for page, said, heard in ((bob, a, b), (alice, b, a)):
        await page.until(
            lambda s=said, h=heard: len(h.heard) >= len(s.confirmed),
            f"{len(said.confirmed)} heard",
            seconds=seconds,
        )
    whole(alice, bob)


def whole(alice: Page, bob: Page) -> None:
    """Check that each heard exactly what the other was confirmed, in order, in their last room."""
    for page in (alice, bob):
        assert page.faults == []
    for said, heard in ((alice, bob), (bob, alice)):
        confirmed = sorted(said.talks[-1].confirmed)
        assert heard.talks[-1].heard == confirmed
        assert [seq for seq, _ in confirmed] == list(range(1, len(confirmed) + 1))
