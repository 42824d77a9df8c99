"""One open socket of a visitor: its budgets, its room, and the outbox that never waits for anyone.

The consumer owns it, the switchboard delivers to it. It talks to no network and no storage.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from django.conf import settings
from django.utils import translation
from msgspec import UNSET, UnsetType

from chat.events import AnyEvent, MediaEvent, MessageEvent, SignalEvent
from chat.protocol import Close, Error, ErrorCode, Mode, Notice, ServerFrame, Video, encode
from chat.rooms import RoomView
from chat.visitors import Visitor
from matching.tickets import Lane
from moderation.tags import AddressTag, visitor_tag
from omegle.lib import metrics
from omegle.lib.languages import say
from omegle.lib.network import Network
from omegle.lib.ratelimit import TokenBucket
from omegle.lib.words import Sentence, sentence

OUTBOX_FRAMES = 64
OUTBOX_BYTES = 256 * 1024
_BAD_FRAMES = 3
_WARNINGS = 3
_EARLY_EVENTS = 64

TalkEvent = MessageEvent | SignalEvent | MediaEvent
Send = Callable[[dict[str, Any]], Awaitable[None]]
# Sends a text if that is possible without waiting; says whether it was.
SendNow = Callable[[str], bool]


class Budget:
    """What a visitor may send on this process, whatever the number of sockets they open.

    Attributes:
        messages, typing, signals, offers, frames: buckets; `frames` is for what has no limit of its
            own, `offers` for the signals that begin a negotiation, beside `signals`.
        greeting: held while a `hello` of the visitor is under way.
    """

    def __init__(self) -> None:
        now = time.monotonic()
        self.messages = TokenBucket(settings.LIMIT_MESSAGES, now)
        self.typing = TokenBucket(settings.LIMIT_TYPING, now)
        self.signals = TokenBucket(settings.LIMIT_SIGNALS, now)
        self.offers = TokenBucket(settings.LIMIT_OFFERS, now)
        self.frames = TokenBucket(settings.LIMIT_FRAMES, now)
        self.greeting = asyncio.Lock()

    def is_full(self, now: float) -> bool:
        """Whether a new budget would be no larger."""
        return not self.greeting.locked() and all(
            bucket.is_full(now)
            for bucket in (self.messages, self.typing, self.signals, self.offers, self.frames)
        )


class Connection:
    """Speaks for one visitor in this process.

    Attributes:
        id: `<process>:<number>`; what Redis knows it by.
        budget: the visitor's; it outlives the connection for a while.
        tag, addresses: what moderation knows the visitor and their address by.
        network: of many, from which it came; None where nobody asks.
        language: in which what it is told is made, whoever brings it about.
        greeted: whether `welcome` was told.
        may_have_place: whether Redis may know the connection, so that its end has to be written.
        token: the visit's, for `resume`.
        heard_at: when the client last sent a frame (monotonic seconds).
        turn: taken by whoever runs a script about this connection.
        held: events that wait meanwhile, else None.
        video: what it was told of video.
        lane: which one its visitor's wishes are for.
        waits_for: the mode of the wish it was told last, until it is in a room.
        wished: since when (monotonic seconds) it looks for a stranger, until it has one.
        untold_room: one that was left before its `matched` came here; then it is not told any more.
        early: what was said in a room whose `matched` is still on its way here.
        overrun: done once the client has left so much unread that the connection must go.
    """

    def __init__(
        self,
        id: str,
        visitor: Visitor,
        budget: Budget,
        addresses: Sequence[AddressTag] = (),
        send_now: SendNow | None = None,
        network: Network | None = None,
        language: str = settings.LANGUAGE_CODE,
    ) -> None:
        self.id = id
        self.visitor = visitor
        self.budget = budget
        self.tag = visitor_tag(visitor.id)
        self.addresses = addresses
        self.network = network
        self.language = language
        self.greeted = False
        self.may_have_place = False
        self.token = ""
        self.heard_at = time.monotonic()
        self.room: RoomView | None = None
        self.video: Video = "off"
        self.lane: Lane = "open"
        self.waits_for: Mode | None = None
        self.wished: float | None = None
        self.ended_room: str | None = None
        self.untold_room: str | None = None
        self.turn = asyncio.Lock()
        self.held: list[AnyEvent] | None = None
        self._holds = 0
        self.early: list[TalkEvent] = []
        self._unanswered = 0
        self._answered: asyncio.Future[None] | None = None
        self._idle_warned = False
        self._bad_frames = 0
        self._warnings = 0
        self.overrun = asyncio.get_running_loop().create_future()
        self._outbox: deque[str | list[str]] = deque()
        self._outbox_bytes = 0
        self._sending = False
        self._send_now = send_now
        self._close_code: int | None = None
        self._wake: asyncio.Future[None] | None = None

    @property
    def address(self) -> str:
        """The newest address tag as rooms keep it, `<epoch>:<tag>`; empty when unknown."""
        return f"{self.addresses[0].epoch}:{self.addresses[0].tag}" if self.addresses else ""

    # --- Out -------------------------------------------------------------------------------------

    @property
    def close_code(self) -> int | None:
        """The code it is closing with, None while it is open."""
        return self._close_code

    def send(self, frame: ServerFrame) -> None:
        self.send_text(encode(frame))

    def speaking(self) -> translation.override:
        """Give a context in which words are in this connection's language."""
        return translation.override(self.language)

    def notify(
        self,
        level: Literal["info", "warning"],
        text: Sentence,
        topic: Literal["service"] | UnsetType = UNSET,
    ) -> None:
        """Say something to whoever is here."""
        with self.speaking():
            self.send(Notice(level=level, text=say(text), topic=topic))

    def send_text(self, text: str) -> None:
        """Send an encoded frame, or queue it; a client that leaves too many unread is closed.

        Without a queue and with room in the socket's buffer it needs no task to be woken.
        """
        if self._close_code is not None:
            return
        is_first = not self._outbox and not self._sending
        if is_first and self._send_now is not None and self._send_now(text):
            return
        self._outbox.append(text)
        self._outbox_bytes += _size(text)
        if self._sending and (
            len(self._outbox) > OUTBOX_FRAMES or self._outbox_bytes > OUTBOX_BYTES
        ):
            self._outbox.clear()
            metrics.outbox_overflows.inc()
            self.close(Close.SLOW_READER)
            if not self.overrun.done():
                self.overrun.set_result(None)
        self._rouse()

    def send_log(self, frames: list[str]) -> None:
        """Queue a replay, which is as long as it is: it counts as one frame."""
        if frames and self._close_code is None:
            self._outbox.append(frames)
            self._rouse()

    def close(self, code: int) -> None:
        """Close after what is queued; the first code wins."""
        if self._close_code is None:
            self._close_code = code
            self._rouse()

    async def write(self, send: Send) -> None:
        """Send what is queued until the connection closes; the consumer runs it as a task."""
        loop = asyncio.get_running_loop()
        while True:
            self._sending = True
            while self._outbox:
                item = self._outbox.popleft()
                if isinstance(item, str):
                    self._outbox_bytes -= _size(item)
                    await send({"type": "websocket.send", "text": item})
                else:
                    for text in item:
                        await send({"type": "websocket.send", "text": text})
            self._sending = False
            if self._close_code is not None:
                await send({"type": "websocket.close", "code": self._close_code})
                return
            self._wake = loop.create_future()
            await self._wake
            self._wake = None

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # --- Events ----------------------------------------------------------------------------------

    def hold(self) -> None:
        """Keep events back; holds may overlap."""
        self._holds += 1
        if self.held is None:
            self.held = []

    def release(self) -> list[AnyEvent]:
        """End one hold; after the last, give what was held."""
        self._holds -= 1
        if self._holds or self.held is None:
            return []
        held, self.held = self.held, None
        return held

    def note_asked(self) -> None:
        """Count a message handed to the ledger."""
        self._unanswered += 1

    def note_answered(self) -> None:
        self._unanswered -= 1
        if not self._unanswered and self._answered is not None:
            self._answered.set_result(None)
            self._answered = None

    @property
    def has_unanswered(self) -> bool:
        return self._unanswered > 0

    async def all_answered(self) -> None:
        """Wait until the ledger has answered every message of this connection."""
        while self._unanswered:
            if self._answered is None:
                self._answered = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._answered)

    def keep_early(self, event: TalkEvent) -> None:
        """Keep what was said until its room's `matched` is here; a gap is filled later."""
        if len(self.early) < _EARLY_EVENTS:
            self.early.append(event)

    def note_heard(self) -> None:
        """Note that the client has said something."""
        self.heard_at = time.monotonic()
        self._idle_warned = False

    def warn_idle(self, seconds: float) -> None:
        """Say once that the visit ends for lack of life."""
        if not self._idle_warned:
            self._idle_warned = True
            minutes = max(1, round(seconds / 60))
            # Translators: a visitor is told that nothing was heard of them.
            text = sentence("Still there? You leave in %(minutes)s min.", minutes=minutes)
            self.notify("warning", text)

    # --- Refusals --------------------------------------------------------------------------------

    def refuse(
        self,
        code: ErrorCode,
        detail: Sentence,
        ref: str | UnsetType = UNSET,
        *,
        field: Literal["question"] | UnsetType = UNSET,
    ) -> None:
        with self.speaking():
            self.send(Error(code=code, detail=say(detail), ref=ref, field=field))

    def refuse_frame(self, code: ErrorCode, detail: Sentence, ref: str | UnsetType = UNSET) -> None:
        """Refuse a frame that breaks the contract; the third closes."""
        self.refuse(code, detail, ref)
        self._bad_frames += 1
        if self._bad_frames >= _BAD_FRAMES:
            self.close(Close.BAD_FRAMES)

    def refuse_flood(self, ref: str | UnsetType = UNSET) -> None:
        """Warn somebody who sends too fast; after three warnings the connection closes."""
        if self._warnings >= _WARNINGS:
            self.close(Close.FLOODING)
            return
        self._warnings += 1
        detail = sentence("You are sending too fast. Please slow down.")
        self.refuse("too_fast", detail, ref)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
