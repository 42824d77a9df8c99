"""What web processes tell each other, and what scripts answer: msgpack made by Lua, typed here.

`lua/places.lua` and `lua/relay.lua` write these shapes; only `store` and `switchboard` read them.
No framework is imported here.
"""

from typing import Literal, NamedTuple, Self

import msgspec
from msgspec import Struct

from chat.protocol import EndReason, Mode, Role, Seat


class Logged(NamedTuple):
    """An entry of a room's log: `<seat>:<seq>:<id>:<frame>`; the id is who said it's own."""

    seat: Seat
    seq: int
    id: str
    frame: str

    @classmethod
    def of(cls, entry: str) -> Self:
        seat, seq, id, frame = entry.split(":", 3)
        return cls(int(seat), int(seq), id, frame)


class RoomCard(Struct, array_like=True, frozen=True):
    """A room as one of its seats may know it.

    Attributes:
        names: (seat, name) of everybody in it that the seat may know of.
        conns: (seat, connection) of them; '' while dropped.
        language: '' when they named none in common.
        age_ms: how long ago it began.
        question: the first one, as JSON members; '' when there is none or it is hidden.
        reader_gone: whether one who asked has left for good.
        media: (seat, what they send) of those who said so; see `rooms.MediaState`.
    """

    room: str
    mode: Mode
    seat: Seat
    names: list[tuple[Seat, str]]
    conns: list[tuple[Seat, str]]
    common: list[str]
    language: str
    age_ms: float
    role: Role
    question: str
    revealed: bool
    reader_gone: bool
    media: list[tuple[Seat, str]] = []


class RoomEnd(Struct, array_like=True, frozen=True):
    """How a room ended for one of its seats.

    Attributes:
        by: -1 for nobody.
        seqs: (seat, last sequence number) of those whom the seat hears; of 0 a question's.
    """

    room: str
    reason: EndReason
    by: Seat
    seqs: list[tuple[Seat, int]]


class WaitingCard(Struct, array_like=True, frozen=True):
    """A wish as it stands; `relaxes_in` in milliseconds, -1 when it takes anyone."""

    mode: Mode
    role: Role
    interests: list[str]
    languages: list[str]
    relaxes_in: float


class Event(Struct, array_like=True, frozen=True):
    """Something for one connection."""

    conn: str


class MatchedEvent(Event, frozen=True, tag="matched"):
    card: RoomCard


class WaitingEvent(Event, frozen=True, tag="waiting"):
    card: WaitingCard


class EndedEvent(Event, frozen=True, tag="ended"):
    end: RoomEnd


class PresenceEvent(Event, frozen=True, tag="presence"):
    """A seat is there by another connection; `shown`: the stranger saw it go or sees it come."""

    room: str
    seat: Seat
    by: str
    shown: bool


class MessageEvent(Event, frozen=True, tag="message"):
    """Something said, or asked by seat 0; `frame` is what goes on the wire."""

    room: str
    seat: Seat
    seq: int
    frame: str


class TypingEvent(Event, frozen=True, tag="typing"):
    room: str
    seat: Seat
    on: bool


class SignalEvent(Event, frozen=True, tag="signal"):
    """A step of a call's negotiation; `frame` is what goes on the wire."""

    room: str
    seat: Seat
    frame: str


class MediaEvent(Event, frozen=True, tag="media"):
    """What a seat sends; see `rooms.MediaState`."""

    room: str
    seat: Seat
    flags: str


class IdleEvent(Event, frozen=True, tag="idle"):
    """Nothing has been said in the room for long: it ends in `seconds`."""

    room: str
    seconds: float


class ReaderEvent(Event, frozen=True, tag="reader"):
    """The one who asked has left for good."""

    room: str


class ReplacedEvent(Event, frozen=True, tag="replaced"):
    """The visitor has opened the chat elsewhere."""


class KickedEvent(Event, frozen=True, tag="kicked"):
    """An operator has ended the visit."""


class ForgottenEvent(Event, frozen=True, tag="forgotten"):
    """The visitor had what is stored of them deleted."""


AnyEvent = (
    MatchedEvent
    | WaitingEvent
    | EndedEvent
    | PresenceEvent
    | MessageEvent
    | TypingEvent
    | SignalEvent
    | MediaEvent
    | IdleEvent
    | ReaderEvent
    | ReplacedEvent
    | KickedEvent
    | ForgottenEvent
)


class HelloReply(Struct, array_like=True, frozen=True):
    epoch: str
    resumed: bool
    name: str
    token: str
    waiting: WaitingCard | Literal[0]
    card: RoomCard | Literal[0]
    log: list[str]
    questions: list[str]
    end: RoomEnd | Literal[0]
    refused: Literal["", "replaced", "forgotten"]


class FindReply(Struct, array_like=True, frozen=True):
    status: Literal["ok", "waiting", "gone"]
    end: RoomEnd | Literal[0]
    waiting: WaitingCard | Literal[0]
    card: RoomCard | Literal[0]


class RelaxReply(Struct, array_like=True, frozen=True):
    waiting: WaitingCard | Literal[0]
    card: RoomCard | Literal[0]


class LeaveReply(Struct, array_like=True, frozen=True):
    status: Literal["ok", "elsewhere", "gone"]
    end: RoomEnd | Literal[0]


class AgainReply(Struct, array_like=True, frozen=True):
    status: Literal["ok", "none", "late", "elsewhere", "gone"]
    left_ms: float
    card: RoomCard | Literal[0]


class UpkeepReply(Struct, array_like=True, frozen=True):
    epoch: str
    online: int
    held: bool
    bells: list[str]
    more: bool


class TalkCard(Struct, array_like=True, frozen=True):
    """A room as evidence has it.

    Attributes:
        seat: of the one who reports; None for our own checks.
        people: (seat, name, visitor, address tag).
        log: see `Logged`.
        aside: `<seat>:<seq>:<json>`, what the filter changed or stopped.
        questions: as `log`, what was asked after the first question.
        question: the first one, as JSON members; '' where nobody asked.
        gone: when the one who asked left for good, ms since 1970; 0 when they did not.
    """

    room: str
    mode: Mode
    began: float
    seat: Seat | None
    people: list[tuple[Seat, str, str, str]]
    log: list[str]
    aside: list[str]
    questions: list[str]
    question: str
    revealed: bool
    gone: float


class ReportReply(Struct, array_like=True, frozen=True):
    """`subject`: the seat that it is about."""

    status: Literal["ok", "none", "refused", "which"]
    reference: str
    end: RoomEnd | Literal[0]
    talk: TalkCard | Literal[0]
    subject: Seat


_events = msgspec.msgpack.Decoder(list[AnyEvent])


def decode_events(data: bytes) -> list[AnyEvent]:
    """Read one message of a process's channel."""
    return _events.decode(data)
