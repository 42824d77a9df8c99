"""Strangers that are no people: they enter, meet, talk and leave as docs/protocol.md says.

For trying a copy and for loading it. They come by the same doors as anybody, over HTTP and the
socket, come back with `resume`, and say again what was not confirmed; so what was confirmed and
not heard, or heard twice, is a fault of the server.
"""

import asyncio
import contextlib
import http.client
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from chat.protocol import PROTOCOL, Close
from omegle.lib.simulated import HEADER

LINES: Final = (
    "hi",
    "hello, how are you?",
    "where are you from?",
    "I am from Lisbon, and you?",
    "what music do you like?",
    "I listen to a lot of jazz lately",
    "it has been raining all day here",
    "have you seen any good films?",
    "haha, that is true",
    "tell me more about it",
    "I should get back to work soon",
    "nice talking to you",
)
_SECONDS = 10.0
_AT_ONCE = 8
_BIRTH_DATE = "1990-01-01"
# A page that reloads: its place is kept for the full time.
_COMES_BACK = 4000
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
_FLOODED_SECONDS = 15.0
_SAY_AGAIN_SECONDS = 0.2
# Between two things that somebody does, at most.
_TURN_SECONDS = 4.0
_WISH_SECONDS = 5.0
_SETTLE_SECONDS = 5.0
_TOLD_EVERY = 5.0
# Who ended a conversation, or lost their place, need not have heard the last of it.
_EXCUSES = {"you_left", "skipped", "lost", "reset", "resume_failed"}
_FINAL = {Close.NOT_ADMITTED, Close.BANNED, Close.REPLACED}

Frame = dict[str, Any]


class NoEntry(Exception):
    """Nobody comes in there; a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated.

    Attributes:
        skips: the share of turns in which somebody looks for the next stranger.
        token: the copy's SIMULATE_TOKEN, '' for none.
    """

    url: str
    count: int
    seconds: float
    interests: tuple[str, ...] = ()
    skips: float = 0.05
    video: bool = False
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {HEADER: self.token} if self.token else {}


@dataclass(slots=True)
class Figures:
    """What it has come to so far.

    Attributes:
        trips: seconds from each message to its confirmation.
        errors: what went wrong, by the code of the frame or of the socket's close.
    """

    entered: int = 0
    online: int = 0
    rooms: int = 0
    matches: int = 0
    messages: int = 0
    heard: int = 0
    lost: int = 0
    doubled: int = 0
    trips: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def trip(self, share: float) -> float | None:
        """Give the milliseconds that this share of the messages took at most."""
        trips = sorted(self.trips)
        return round(1000 * trips[int(share * (len(trips) - 1))], 1) if trips else None


async def simulate(
    plan: Plan, *, over: asyncio.Event, seen: Callable[[float, Figures], None]
) -> Figures:
    """Let them come one by one, and talk; give what it came to when all have gone.

    `over` ends it before its time. `seen` is told how it goes every few seconds.

    Raises:
        NoEntry: the first of them does not come in.
    """
    figures = Figures()
    door = Door(plan)
    first = await asyncio.to_thread(door.enter)
    strangers = [Stranger(plan, figures) for _ in range(plan.count)]
    began = time.monotonic()
    few = asyncio.Semaphore(_AT_ONCE)

    async def come(stranger: Stranger, number: int) -> None:
        await asyncio.sleep(number * min(plan.seconds / 5, plan.count / 25) / plan.count)
        async with few:
            try:
                cookie = await asyncio.to_thread(door.enter) if number else first
            except NoEntry:
                figures.errors["entry"] += 1
                return
        figures.entered += 1
        stranger.begin(cookie)

    async def tell() -> None:
        while True:
            await asyncio.sleep(_TOLD_EVERY)
            _count(strangers, figures)
            seen(time.monotonic() - began, figures)

    coming = [asyncio.create_task(come(each, number)) for number, each in enumerate(strangers)]
    telling = asyncio.create_task(tell())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(plan.seconds):
                await over.wait()
        for stranger in strangers:
            stranger.is_silent = True
        await _settled(strangers)
        _count(strangers, figures)
    finally:
        for task in (*coming, telling):
            task.cancel()
        await asyncio.gather(*coming, telling, return_exceptions=True)
        await asyncio.gather(*(stranger.end() for stranger in strangers))
    return figures


async def _settled(strangers: "list[Stranger]") -> None:
    """Let everything that was said be confirmed and heard."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        waits = any(each.talk and each.talk.pending for each in strangers)
        if not waits and not _missing(strangers):
            return
        await asyncio.sleep(0.1)


# --- The door -------------------------------------------------------------------------------------


class Door:
    """The entry form of a copy."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._url = urlsplit(plan.url)
        self._token = ""

    def online(self) -> int:
        """Give how many are here by what the copy says.

        Raises:
            NoEntry: it does not answer.
        """
        _, _, body = self._ask("GET", "/status.json")
        try:
            return int(json.loads(body)["online"])
        except (ValueError, KeyError, TypeError):
            raise NoEntry(f"What answers at {self._plan.url} is no Omegle.") from None

    def enter(self) -> str:
        """Enter as a grown-up; give the visitor cookie.

        Raises:
            NoEntry: they are not let in.
        """
        if not self._token:
            _, cookies, _ = self._ask("GET", "/")
            self._token = cookies["csrftoken"].value if "csrftoken" in cookies else "none"
        status, cookies, _ = self._ask(
            "POST",
            "/enter/",
            urlencode({"birth_date": _BIRTH_DATE, "terms": "on"}),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"csrftoken={self._token}",
                "X-CSRFToken": self._token,
                "Referer": f"{self._plan.url}/",
            },
        )
        if status == 303 and "visitor" in cookies:
            return cookies["visitor"].value
        if status in (428, 429):
            raise NoEntry("Too many came from this address: give SIMULATE_TOKEN as it is there.")
        raise NoEntry(f"The entry of {self._plan.url} answers {status}.")

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, SimpleCookie, bytes]:
        is_secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
        caller = kind(self._url.hostname or "", self._url.port, timeout=_SECONDS)
        try:
            caller.request(method, path, body, self._plan.headers | (headers or {}))
            answer = caller.getresponse()
            cookies = SimpleCookie()
            for value in answer.headers.get_all("Set-Cookie", []):
                cookies.load(value)
            return answer.status, cookies, answer.read()
        except (OSError, http.client.HTTPException) as error:
            name = type(error).__name__
            raise NoEntry(f"Nothing answers at {self._plan.url} ({name}).") from None
        finally:
            caller.close()


# --- Strangers ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Talk:
    """One room as one of the two knows it.

    Attributes:
        pending: what was said and not confirmed, by id, with when that was.
        confirmed, heard: numbers of what was confirmed of one's own, and heard of the other.
        seen: the highest number of each seat.
        end: why it is over, '' while it goes on.
    """

    room: str
    seat: int
    pending: dict[str, tuple[str, float]] = field(default_factory=dict)
    confirmed: set[int] = field(default_factory=set)
    heard: set[int] = field(default_factory=set)
    seen: dict[int, int] = field(default_factory=dict)
    end: str = ""
    is_left: bool = False


class Stranger:
    """One visitor, over as many sockets as it takes."""

    _ids = itertools.count(1)

    def __init__(self, plan: Plan, figures: Figures) -> None:
        self.plan = plan
        self.figures = figures
        self.talk: Talk | None = None
        self.talks: list[Talk] = []
        self.is_silent = False
        self.is_open = False
        self._mode = "video" if plan.video else "text"
        self._welcome: Frame = {}
        self._wished = 0.0
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, cookie: str) -> None:
        self._tasks += [asyncio.create_task(self._stay(cookie)), asyncio.create_task(self._live())]

    async def end(self) -> None:
        """Say good-bye and go."""
        if self._socket is not None and self.is_open:
            self.is_open = False
            with contextlib.suppress(websockets.WebSocketException, TimeoutError):
                async with asyncio.timeout(_SETTLE_SECONDS):
                    await self._socket.send('{"type":"bye"}')
                    await self._socket.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stay(self, cookie: str) -> None:
        """Be connected, and come back when the socket closes."""
        parts = urlsplit(self.plan.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        failed = 0
        while True:
            code = None
            try:
                async with connect(
                    f"{scheme}://{parts.netloc}/ws/",
                    origin=Origin(self.plan.url),
                    additional_headers=self.plan.headers | {"Cookie": f"visitor={cookie}"},
                    compression=None,
                    open_timeout=_SECONDS,
                    close_timeout=1,
                    proxy=None,
                ) as socket:
                    self._socket = socket
                    await self._hello(socket)
                    async for text in socket:
                        failed = 0
                        self._take(json.loads(text))
                code = socket.close_code
            except websockets.ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            self.is_open = False
            if code != _COMES_BACK and not self.is_silent:
                self.figures.errors[f"socket closed with {code or 1006}"] += 1
            if code in _FINAL:
                return
            slow = _FLOODED_SECONDS if code == Close.FLOODING else 0.0
            await asyncio.sleep(slow or _RETRY_SECONDS[min(failed, len(_RETRY_SECONDS) - 1)])
            failed += 1

    async def _hello(self, socket: ClientConnection) -> None:
        hello: Frame = {"type": "hello", "protocol": PROTOCOL}
        if self._welcome:
            seen = self.talk.seen if self.talk else {}
            hello |= {
                "resume": self._welcome["resume"],
                "epoch": self._welcome["epoch"],
                "seen": {str(seat): seq for seat, seq in seen.items()},
            }
        await socket.send(json.dumps(hello))

    # --- What it does -----------------------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(random.random() * _TURN_SECONDS)
            talk, now = self.talk, time.monotonic()
            if self.is_silent or not self.is_open:
                continue
            if talk is None:
                if now - self._wished > _WISH_SECONDS:
                    await self._find(now)
            elif talk.pending or talk.is_left:
                continue
            elif random.random() < self.plan.skips:
                talk.is_left = True
                await self._find(now)
            else:
                id = f"s{next(self._ids)}"
                talk.pending[id] = (random.choice(LINES), now)
                await self._say(talk, id)

    async def _find(self, now: float) -> None:
        self._wished = now
        interests = random.sample(self.plan.interests, min(2, len(self.plan.interests)))
        await self._send(type="find", mode=self._mode, interests=interests, ref="find")

    async def _say(self, talk: Talk, id: str) -> None:
        if talk is self.talk and id in talk.pending:
            text = talk.pending[id][0]
            await self._send(type="message", room=talk.room, id=id, text=text, ref=id)

    async def _send(self, **frame: Any) -> None:
        if self._socket is not None and self.is_open:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    def _soon(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            await work()

        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(later()))

    # --- What it is told --------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        take = getattr(self, f"_take_{frame['type']}", None)
        if take is not None:
            take(frame)

    def _take_welcome(self, frame: Frame) -> None:
        self._welcome, self.is_open, self._wished = frame, True, 0.0
        if not frame["resumed"]:
            self._over("resume_failed")
        self._take_video({"state": frame["video"]})

    def _take_waiting(self, frame: Frame) -> None:
        self._over("skipped")
        # Whoever waits has wished already, however long it takes.
        self._wished = float("inf")

    def _take_matched(self, frame: Frame) -> None:
        self._wished = 0.0
        if self.talk is None or self.talk.room != frame["room"]:
            self._over("skipped")
            self.talk = Talk(frame["room"], frame["you"]["seat"])
            self.talks.append(self.talk)
            self.figures.matches += 1
        for id in self.talk.pending:
            self._soon(0.0, partial(self._say, self.talk, id))

    def _take_message(self, frame: Frame) -> None:
        talk, seat, seq = self.talk, frame["seat"], frame["seq"]
        if talk is None or talk.room != frame["room"]:
            return
        if seq <= talk.seen.get(seat, 0):
            self.figures.doubled += 1
        talk.seen[seat] = max(seq, talk.seen.get(seat, 0))
        if seat != talk.seat:
            talk.heard.add(seq)
            self.figures.heard += 1

    def _take_sent(self, frame: Frame) -> None:
        talk = next((each for each in reversed(self.talks) if each.room == frame["room"]), None)
        if talk is None or frame["id"] not in talk.pending:
            return
        _, began = talk.pending.pop(frame["id"])
        talk.confirmed.add(frame["seq"])
        talk.seen[talk.seat] = max(frame["seq"], talk.seen.get(talk.seat, 0))
        self.figures.messages += 1
        self.figures.trips.append(time.monotonic() - began)

    def _take_ended(self, frame: Frame) -> None:
        if self.talk is not None and self.talk.room == frame["room"]:
            self._over(frame["reason"])

    def _take_draining(self, frame: Frame) -> None:
        if self._socket is not None:
            leave = partial(self._socket.close, _COMES_BACK)
            self._soon(frame["reconnect_in_ms"] / 1000, leave)

    def _take_video(self, frame: Frame) -> None:
        if frame["state"] == "off" and self._mode == "video":
            self._mode = "text"
            self._wished = 0.0  # who looked for a call looks no longer

    def _take_error(self, frame: Frame) -> None:
        ref = frame.get("ref", "")
        if frame["code"] == "unavailable" and self.talk is not None and ref in self.talk.pending:
            self._soon(_SAY_AGAIN_SECONDS, partial(self._say, self.talk, ref))
            return
        if frame["code"] != "not_in_room":  # the other has just left
            self.figures.errors[frame["code"]] += 1
        if self.talk is not None:
            self.talk.pending.pop(ref, None)
            self.talk.is_left = False

    def _over(self, reason: str) -> None:
        if self.talk is not None:
            self.talk.end, self.talk = reason, None


# --- What came of it ------------------------------------------------------------------------------


def _count(strangers: list[Stranger], figures: Figures) -> None:
    figures.online = sum(each.is_open for each in strangers)
    figures.rooms = len({each.talk.room for each in strangers if each.talk})
    figures.lost = _missing(strangers)


def _missing(strangers: list[Stranger]) -> int:
    """Count what was confirmed in a room of two of ours, and not heard by who should have."""
    rooms: dict[str, list[Talk]] = {}
    for stranger in strangers:
        for talk in stranger.talks:
            rooms.setdefault(talk.room, []).append(talk)
    missing = 0
    for talks in rooms.values():
        for said in talks:
            # Who comes back into a room that is over hears all of it once more.
            others = [each for each in talks if each.seat != said.seat]
            if others and others[-1].end not in _EXCUSES:
                missing += len(said.confirmed.difference(*(each.heard for each in others)))
    return missing
