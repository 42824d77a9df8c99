"""A room as one connection knows it, and the frames that are made of it. Pure."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import msgspec
from msgspec import UNSET, UnsetType

from chat.events import Logged, RoomCard, RoomEnd, WaitingCard
from chat.protocol import (
    Ended,
    IcePolicy,
    IceServer,
    Matched,
    Mode,
    Person,
    Role,
    Seat,
    ShownMedia,
    Waiting,
)
from moderation.filters.pieces import Pieces

_KNOWN_IDS = 1000


class MediaState(NamedTuple):
    """What a seat sends, and whether it agreed to show and see the picture.

    `direct`: whether it agreed that the other learns its address; None when it never said.
    """

    camera: bool
    microphone: bool
    shown: bool
    direct: bool | None = None

    @property
    def flags(self) -> str:
        """As Redis keeps it: a digit each, but for `direct`, which is kept by itself."""
        return "".join("1" if each else "0" for each in self[:3])

    @classmethod
    def of(cls, flags: str) -> Self:
        """Read a digit each; the fourth is left out as long as nothing was said of it."""
        return cls(*(flag == "1" for flag in flags))

    def frame(self, seat: Seat) -> ShownMedia:
        return ShownMedia(
            seat=seat,
            camera=self.camera,
            microphone=self.microphone,
            shown=self.shown,
            direct=UNSET if self.direct is None else self.direct,
        )


@dataclass(slots=True)
class RoomView:
    """What a connection has been told of its room.

    Attributes:
        hears_questions: whether questions are told to it.
        told: for each seat the last sequence number that went out on this connection; for 0, which
            asks, the last question.
        present: for each stranger whether they were last told to be there.
        media: for each stranger what they were last told to send.
        reader_gone: whether it was told that the one who asked has left.
        began: when it began (this process's monotonic seconds).
        pieces: what this connection's visitor said in short messages.
        ids: of what they said last: its number, 0 as long as that is not known. On another
            connection they come with the log; the one before can write nothing any more.
    """

    id: str
    mode: Mode
    seat: Seat
    role: Role
    hears_questions: bool
    strangers: tuple[Seat, ...]
    began: float
    told: dict[Seat, int] = field(default_factory=dict)
    present: dict[Seat, bool] = field(default_factory=dict)
    media: dict[Seat, str] = field(default_factory=dict)
    reader_gone: bool = False
    pieces: Pieces = field(default_factory=Pieces)
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @classmethod
    def of(cls, card: RoomCard) -> "RoomView":
        seats = [seat for seat, _name in card.names]
        strangers = tuple(seat for seat in seats if seat != card.seat)
        return cls(
            card.room,
            card.mode,
            card.seat,
            card.role,
            card.role == "ask" or (card.role == "discuss" and card.revealed),
            strangers,
            began=time.monotonic() - card.age_ms / 1000,
            told=dict.fromkeys(seats, 0),
            present=dict.fromkeys(strangers, True),
        )

    def is_behind(self, end: RoomEnd) -> bool:
        """Whether something was said that this connection has not been told."""
        return any(seq > self.told.get(seat, 0) for seat, seq in end.seqs if seat != self.seat)

    def take_log(
        self, log: Iterable[str], *, own: bool, upto: Mapping[Seat, int] | None = None
    ) -> Iterator[str]:
        """Give the frames of the log that come after what was told, and note them as told.

        `own`: also what this seat said itself, which only a resume replays. `upto`: for each seat
        the last number that is for this one; who asked and left is told no more than that.
        """
        for entry in log:
            seat, seq, id, frame = Logged.of(entry)
            if seat == self.seat:
                self.note_id(id, seq)
            if upto is not None and seq > upto.get(seat, 0):
                continue
            if seq > self.told.get(seat, 0) and (own or seat != self.seat):
                self.told[seat] = seq
                yield frame

    def note_id(self, id: str, seq: int) -> None:
        """Remember the number of a message, 0 when it may have one."""
        if len(self.ids) >= _KNOWN_IDS and id not in self.ids:
            del self.ids[next(iter(self.ids))]
        self.ids[id] = seq

    def note_seen(self, seen: Mapping[str, int]) -> None:
        """Note what a resuming client says it has; questions are always told again."""
        self.told[0] = 0
        for seat, seq in seen.items():
            if seat != "0":
                self.told[int(seat)] = seq


class _Question(msgspec.Struct):
    text: str


_question = msgspec.json.Decoder(_Question)


def question_text(members: str) -> str:
    """Give the text of a question that is kept as JSON members."""
    return _question.decode(f"{{{members}}}").text


def matched_frame(
    card: RoomCard,
    *,
    ice_servers: tuple[IceServer, ...],
    ice_policy: IcePolicy,
    camera_check: int | None,
) -> Matched:
    """Give the frame that tells a room; what a browser needs for a call is told in video rooms."""
    has_call = card.mode == "video"
    people = [Person(seat=seat, name=name) for seat, name in card.names]
    return Matched(
        room=card.room,
        mode=card.mode,
        role=card.role,
        you=next(person for person in people if person.seat == card.seat),
        strangers=tuple(person for person in people if person.seat != card.seat),
        common_interests=tuple(card.common),
        language=card.language or None,
        spied=card.role == "discuss",
        question=question_text(card.question) if card.question else None,
        revealed=card.revealed if card.role == "ask" else UNSET,
        # Of the two one has to give way when both begin at once.
        polite=card.seat == 2 if has_call else UNSET,
        ice_servers=ice_servers if has_call else UNSET,
        ice_policy=ice_policy if has_call else UNSET,
        camera_check=camera_check if has_call and camera_check is not None else UNSET,
    )


def ended_frame(end: RoomEnd, *, ref: str | UnsetType = UNSET) -> Ended:
    by = None if end.by < 0 else end.by
    return Ended(room=end.room, reason=end.reason, by=by, ref=ref)


def waiting_frame(card: WaitingCard, *, ref: str | UnsetType = UNSET) -> Waiting:
    return Waiting(
        mode=card.mode,
        role=card.role,
        interests=tuple(card.interests),
        languages=tuple(card.languages),
        relaxes_in=None if card.relaxes_in < 0 else card.relaxes_in / 1000,
        ref=ref,
    )
