"""The wire contract, version 1: one frozen class per frame, and nothing else.

`docs/protocol.md` is generated from this module (`manage.py protocol_docs`). Frames a browser
sends are decoded and validated in one step by `decode`; what the server sends is encoded by
`encode`. No framework is imported here; anybody may import it.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from omegle.lib.words import Sentence, sentence

PROTOCOL: Final = 1
FRAME_BYTES: Final = 16 * 1024
MESSAGE_CHARS: Final = 1000
INTERESTS: Final = 10
INTEREST_CHARS: Final = 32
LANGUAGES: Final = 5
QUESTION_CHARS: Final = (10, 200)
NOTE_CHARS: Final = 500
LOG_MESSAGES: Final = 200
SEATS: Final = (0, 1, 2)

Mode = Literal["text", "video"]
Role = Literal["chat", "ask", "discuss"]
Video = Literal["relay", "direct", "off"]
IcePolicy = Literal["relay", "all"]
EndReason = Literal["left", "lost", "you_left", "moderated", "idle", "reset"]
Reason = Literal[
    "nudity", "minor", "harassment", "hate", "violence", "spam", "self_harm", "illegal", "other"
]
ErrorCode = Literal[
    "bad_frame",
    "unknown_type",
    "too_fast",
    "not_in_room",
    "already_waiting",
    "refused_text",
    "bad_interest",
    "bad_question",
    "bad_signal",
    "not_allowed",
    "resume_failed",
    "unavailable",
]

# What a report is about: a seat, or in a spy room its question or whoever reads along.
About = Literal[0, 1, 2, "question", "reader"]

Ref = Annotated[str, Meta(max_length=36)]
Seat = int
RoomId = Annotated[str, Meta(max_length=256)]
Token = Annotated[str, Meta(max_length=256)]
Seq = Annotated[int, Meta(ge=0)]
MessageId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,36}\Z")]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}\Z")]


class Close:
    """Close codes of the socket; `CLOSE_CODES` says what each means."""

    NORMAL: Final = 1000
    GOING_AWAY: Final = 1001
    BINARY: Final = 1003
    TOO_LARGE: Final = 1009
    SLOW_READER: Final = 4008
    BAD_FRAMES: Final = 4400
    NOT_ADMITTED: Final = 4401
    BANNED: Final = 4403
    IDLE: Final = 4408
    REPLACED: Final = 4409
    KICKED: Final = 4410
    FLOODING: Final = 4429
    SERVER_LEAVING: Final = 4503


# What each code means, and what a client does next.
CLOSE_CODES: Final[dict[int, tuple[str, str]]] = {
    Close.NORMAL: ("Closed after `bye`.", "Stay away until the visitor asks."),
    Close.BINARY: ("A binary frame.", "Mend the client."),
    Close.TOO_LARGE: (f"A frame of more than {FRAME_BYTES} bytes.", "Mend the client."),
    1006: ("The connection broke.", "Come back with `resume`, waiting longer each time."),
    1011: ("The server had a fault.", "Come back with `resume`, waiting longer each time."),
    1012: ("The server restarts.", "Come back with `resume`, waiting longer each time."),
    Close.SLOW_READER: ("The client did not read fast enough.", "Come back with `resume`."),
    Close.BAD_FRAMES: ("The third bad frame.", "Come back once with `resume`; mend the client."),
    Close.NOT_ADMITTED: (
        "No valid visitor cookie, terms or age are asked anew, or the visitor was forgotten.",
        "Go to the landing page to enter.",
    ),
    Close.BANNED: ("Banned.", "Go to the landing page, which says why and until when."),
    Close.IDLE: ("Nothing was heard in time.", "Come back with `resume`."),
    Close.REPLACED: ("Opened in another tab.", "Stay away until the visitor asks."),
    Close.KICKED: (
        "An operator ended the visit; `notice` said so.",
        "Come back; there is nothing to resume.",
    ),
    Close.FLOODING: ("Too much, too fast.", "Come back with `resume` after 15 seconds."),
    Close.SERVER_LEAVING: (
        "The server goes away or has lost touch with its parts.",
        "Come back with `resume`, waiting longer each time.",
    ),
}
ERROR_CODES: Final[dict[str, str]] = {
    "bad_frame": "Not JSON, or a field is unknown, missing or mistyped. The third closes.",
    "unknown_type": "There is no such frame. Counts with `bad_frame`.",
    "too_fast": "More than a limit allows; `detail` says how long to wait.",
    "not_in_room": "The visitor is not in that room, or in none. Nothing was delivered.",
    "already_waiting": "A stranger is being looked for already.",
    "refused_text": "The filter stopped a message, question or interest; nobody saw it.",
    "bad_interest": "An interest is empty, too long, or there are too many.",
    "bad_question": "A question is missing, too short or too long.",
    "bad_signal": "A description or candidate that is not passed on.",
    "not_allowed": "This seat may not do that.",
    "resume_failed": "There is nothing to take up again.",
    "unavailable": "Switched off here, or not possible for the moment.",
}


class BadFrame(Exception):
    """A frame that breaks the contract.

    Attributes:
        code: `bad_frame` or `unknown_type`.
        ref: the frame's own `ref`, where one could be read.
    """

    def __init__(self, code: ErrorCode, detail: Sentence, ref: str | UnsetType = UNSET) -> None:
        super().__init__(detail)
        self.code: ErrorCode = code
        self.detail = detail
        self.ref = ref


# --- Client to server -----------------------------------------------------------------------------


class ClientFrame(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    ref: Ref | UnsetType = UNSET


class RoomFrame(ClientFrame, frozen=True, kw_only=True):
    """A frame about a room; one that names another room than the current one is refused."""

    room: RoomId | UnsetType = UNSET


class Hello(ClientFrame, frozen=True, tag="hello", kw_only=True):
    """Open the visit, or take up its place again with `resume`."""

    protocol: Literal[1]
    resume: Token | UnsetType = UNSET
    seen: dict[Annotated[str, Meta(pattern=r"^[0-2]\Z")], Seq] = {}
    epoch: Token | UnsetType = UNSET


class Find(ClientFrame, frozen=True, tag="find", kw_only=True):
    """Look for a stranger; in a room, leave it first."""

    mode: Mode
    role: Role = "chat"
    interests: list[str] = []
    languages: Annotated[list[Language], Meta(max_length=LANGUAGES)] = []
    question: str | UnsetType = UNSET
    reveal: bool = False


class Relax(ClientFrame, frozen=True, tag="relax", kw_only=True):
    """Stop waiting for a common interest, take anyone now."""


class Leave(RoomFrame, frozen=True, tag="leave", kw_only=True):
    """Give up the place in the queue or the room, stay connected."""


class Message(RoomFrame, frozen=True, tag="message", kw_only=True):
    """Say something; the same `id` again is harmless."""

    id: MessageId
    text: str


class Typing(RoomFrame, frozen=True, tag="typing", kw_only=True):
    """Say that one is typing, or stopped."""

    on: bool


class Description(Struct, frozen=True, forbid_unknown_fields=True):
    type: Literal["offer", "answer", "pranswer", "rollback"]
    sdp: str = ""


class SignalData(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of the two; a `null` candidate ends the candidates."""

    description: Description | UnsetType = UNSET
    candidate: dict[str, Any] | UnsetType | None = UNSET


class Signal(RoomFrame, frozen=True, tag="signal", kw_only=True):
    """One step of the WebRTC negotiation, in video rooms."""

    data: SignalData


class Media(RoomFrame, frozen=True, tag="media", kw_only=True):
    """What I send, and whether I agreed to show and see the picture.

    `direct`: whether the stranger may learn my address; when it is left out, as before.
    """

    camera: bool
    microphone: bool
    shown: bool
    direct: bool | UnsetType = UNSET


class Ice(RoomFrame, frozen=True, tag="ice", kw_only=True):
    """Ask for fresh TURN credentials."""


class Question(RoomFrame, frozen=True, tag="question", kw_only=True):
    """The asker's next question in a spy room."""

    text: str


class Report(ClientFrame, frozen=True, tag="report", kw_only=True):
    """Report a stranger; ends the room."""

    reason: Reason
    note: Annotated[str, Meta(max_length=NOTE_CHARS)] = ""
    room: RoomId | UnsetType = UNSET
    about: About | UnsetType = UNSET


class Block(RoomFrame, frozen=True, tag="block", kw_only=True):
    """Never meet this stranger again; ends the room."""


class Again(ClientFrame, frozen=True, tag="again", kw_only=True):
    """Would meet the stranger of an ended room again; if both say so within a minute, they do."""

    room: RoomId


class Bye(ClientFrame, frozen=True, tag="bye", kw_only=True):
    """Leave and close."""


AnyClientFrame = (
    Hello
    | Find
    | Relax
    | Leave
    | Message
    | Typing
    | Signal
    | Media
    | Ice
    | Question
    | Report
    | Block
    | Again
    | Bye
)
CLIENT_FRAMES: Final[tuple[type[ClientFrame], ...]] = AnyClientFrame.__args__


# --- Server to client -----------------------------------------------------------------------------


class ServerFrame(Struct, frozen=True, tag_field="type", kw_only=True):
    pass


class Limits(Struct, frozen=True):
    message_chars: int = MESSAGE_CHARS
    interests: int = INTERESTS
    interest_chars: int = INTEREST_CHARS
    question_chars: int = QUESTION_CHARS[1]
    frame_bytes: int = FRAME_BYTES


class Person(Struct, frozen=True):
    """A seat and the random name of the one who sits there."""

    seat: Seat
    name: str


class IceServer(Struct, frozen=True):
    """A TURN server as browsers take it."""

    urls: tuple[str, ...]
    username: str
    credential: str


class Welcome(ServerFrame, frozen=True, tag="welcome", kw_only=True):
    """The visit is open."""

    protocol: int = PROTOCOL
    name: str
    resume: str
    epoch: str
    resumed: bool
    online: int
    video: Video
    limits: Limits = Limits()
    ref: str | UnsetType = UNSET


class Waiting(ServerFrame, frozen=True, tag="waiting", kw_only=True):
    """In the queue, with the wish as it stands; sent again whenever it is widened."""

    mode: Mode
    role: Role
    interests: tuple[str, ...]
    languages: tuple[str, ...]
    relaxes_in: float | None
    ref: str | UnsetType = UNSET


class Matched(ServerFrame, frozen=True, tag="matched", kw_only=True):
    """A room; comes before anything else of that room.

    `revealed`: to the asker alone, whether the strangers see the questions. In video rooms also who
    gives way in the negotiation, and what a browser needs for it. `camera_check`: where cameras are
    checked, every how many seconds a page whose own one is shown sends a small picture of it, by
    `POST /camera/` with the room in `X-Room`.
    """

    room: str
    mode: Mode
    role: Role
    you: Person
    strangers: tuple[Person, ...]
    common_interests: tuple[str, ...]
    language: str | None
    spied: bool = False
    question: str | None = None
    revealed: bool | UnsetType = UNSET
    polite: bool | UnsetType = UNSET
    ice_servers: tuple[IceServer, ...] | UnsetType = UNSET
    ice_policy: IcePolicy | UnsetType = UNSET
    camera_check: int | UnsetType = UNSET


class AskedQuestion(ServerFrame, frozen=True, tag="question", kw_only=True):
    """What the asker asked next: to the asker, and to the others when it is revealed.

    `n` counts 1, 2, 3 … after the question of `matched`; `after`: each seat's last `seq` before it.
    """

    room: str
    n: int
    text: str
    at: str
    after: dict[str, int]
    masked: bool | UnsetType = UNSET
    ref: str | UnsetType = UNSET


class Reader(ServerFrame, frozen=True, tag="reader", kw_only=True):
    """Whether somebody reads along still; false once they are gone for good."""

    room: str
    present: bool


class Sent(ServerFrame, frozen=True, tag="sent", kw_only=True):
    """The server has the message."""

    room: str
    id: str
    seq: int
    ref: str | UnsetType = UNSET


class SaidMessage(ServerFrame, frozen=True, tag="message", kw_only=True):
    """What a seat said; `seq` counts 1, 2, 3 … for each seat. `masked`: some words are covered."""

    room: str
    seat: Seat
    seq: int
    text: str
    at: str
    masked: bool | UnsetType = UNSET


class TypingShown(ServerFrame, frozen=True, tag="typing", kw_only=True):
    """The stranger types; expires by itself after 6 s."""

    seat: Seat
    on: bool


class PassedSignal(ServerFrame, frozen=True, tag="signal", kw_only=True):
    """One step of the stranger's negotiation, without any address but our relays'."""

    seat: Seat
    data: SignalData


class ShownMedia(ServerFrame, frozen=True, tag="media", kw_only=True):
    """What the stranger sends, and whether they agreed to show and see the picture.

    `direct`: whether they agreed to connect directly, once they said.
    """

    seat: Seat
    camera: bool
    microphone: bool
    shown: bool
    direct: bool | UnsetType = UNSET


class IceOffer(ServerFrame, frozen=True, tag="ice", kw_only=True):
    """Fresh TURN credentials; a browser with `ice_policy` `relay` uses nothing else."""

    ice_servers: tuple[IceServer, ...]
    ice_policy: IcePolicy
    ref: str | UnsetType = UNSET


class Presence(ServerFrame, frozen=True, tag="presence", kw_only=True):
    """The stranger's connection dropped or came back."""

    seat: Seat
    connected: bool


class Ended(ServerFrame, frozen=True, tag="ended", kw_only=True):
    """The room is over; comes after everything else of that room."""

    room: str
    reason: EndReason
    by: Seat | None
    ref: str | UnsetType = UNSET


class AgainAsked(ServerFrame, frozen=True, tag="again", kw_only=True):
    """The wish to meet again stands for so many seconds; `matched` follows if both have it.

    Nobody is told whether the stranger has it, or why they are not met.
    """

    room: str
    seconds: float
    ref: str | UnsetType = UNSET


class Reported(ServerFrame, frozen=True, tag="reported", kw_only=True):
    """The report is filed: its public reference, and a secret page that tells what became of it.

    `still`: a path that takes one picture of what the reporter saw, by `POST` within two minutes.
    """

    receipt: str
    url: str
    still: str | UnsetType = UNSET
    ref: str | UnsetType = UNSET


class Warned(ServerFrame, frozen=True, tag="warned", kw_only=True):
    """A recorded decision: which rule, why, what happens next."""

    statement: str
    url: str


class Banned(ServerFrame, frozen=True, tag="banned", kw_only=True):
    """A ban, until then or (`null`) for good, and its statement of reasons; then 4403.

    The room ends `moderated` for the others; of an asker they hear that the reader has left.
    """

    statement: str
    until: str | None
    url: str


class Online(ServerFrame, frozen=True, tag="online", kw_only=True):
    """How many are connected; at most every 5 s."""

    count: int


class VideoSwitched(ServerFrame, frozen=True, tag="video", kw_only=True):
    """There is other video from now on: the operator switched, or this visitor lost or regained it.

    While it is off a call goes on in text, and who looked for one looks no longer.
    """

    state: Video


class Notice(ServerFrame, frozen=True, tag="notice", kw_only=True):
    """Something the operator or the service wants known."""

    level: Literal["info", "warning"]
    text: str
    # A newer notice about the same thing takes the older one's place.
    topic: Literal["service"] | UnsetType = UNSET


class Draining(ServerFrame, frozen=True, tag="draining", kw_only=True):
    """This process is being replaced: come back then, with `resume`."""

    reconnect_in_ms: int


class Error(ServerFrame, frozen=True, tag="error", kw_only=True):
    """Something was refused; `detail` is for a person, in their language. `refused_text` of a
    `find` is about an interest, or the `field` that is named.
    """

    code: ErrorCode
    detail: str
    ref: str | UnsetType = UNSET
    field: Literal["question"] | UnsetType = UNSET


SERVER_FRAMES: Final[tuple[type[ServerFrame], ...]] = (
    Welcome,
    Waiting,
    Matched,
    SaidMessage,
    AskedQuestion,
    Reader,
    Sent,
    TypingShown,
    PassedSignal,
    ShownMedia,
    IceOffer,
    Presence,
    Ended,
    AgainAsked,
    Reported,
    Warned,
    Banned,
    Online,
    VideoSwitched,
    Notice,
    Draining,
    Error,
)

# --- Encoding -------------------------------------------------------------------------------------

_decoder = msgspec.json.Decoder(AnyClientFrame)
_encoder = msgspec.json.Encoder()
_TYPES: Final = frozenset(str(frame.__struct_config__.tag) for frame in CLIENT_FRAMES)


class _Envelope(Struct):
    type: str
    ref: Any = UNSET


_envelope_decoder = msgspec.json.Decoder(_Envelope)


def decode(text: str) -> AnyClientFrame:
    """Read one frame of a client.

    Raises:
        BadFrame: not JSON, not an object, unknown type, a field unknown, missing or mistyped,
            a lone surrogate, or nesting too deep.
    """
    try:
        frame: AnyClientFrame = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise _refusal(text, error) from None
    return frame


def encode(frame: ServerFrame) -> str:
    """Write one frame."""
    return _encoder.encode(frame).decode()


def encode_text(text: str) -> str:
    """Write a JSON string.

    Raises:
        UnicodeEncodeError: the text holds a lone surrogate.
    """
    return _encoder.encode(text).decode()


def _refusal(text: str, error: Exception) -> BadFrame:
    """Tell an unknown type from a bad frame, and find its `ref`."""
    try:
        envelope = _envelope_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return BadFrame("bad_frame", sentence("This is not a frame: a JSON object with a type."))
    ref = envelope.ref if isinstance(envelope.ref, str) and len(envelope.ref) <= 36 else UNSET
    if envelope.type not in _TYPES:
        return BadFrame("unknown_type", sentence("There is no such frame."), ref)
    _, _, field = str(error).partition(" - at `$.")
    detail = sentence("A field is missing, unknown or malformed.")
    if field:
        name = field.rstrip("`")
        detail = sentence("A field is missing, unknown or malformed: %(name)s.", name=name)
    return BadFrame("bad_frame", detail, ref)
