"""A room as one connection knows it, and the frames that are made of it. Pure."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import UNSET, UnsetType

from chat.events import RoomCard, RoomEnd, WaitingCard
from chat.protocol import Ended, Matched, Person, Seat, Waiting
from moderation.filters.pieces import Pieces


@dataclass(slots=True)
class RoomView:
    """What a connection has been told of its room.

    Attributes:
        told: for each seat the last sequence number that went out on this connection.
        present: for each stranger whether they were last told to be there.
        began: when it began (this process's monotonic seconds).
        pieces: what this connection's visitor said in short messages.
    """

    id: str
    seat: Seat
    strangers: tuple[Seat, ...]
    began: float
    told: dict[Seat, int] = field(default_factory=dict)
    present: dict[Seat, bool] = field(default_factory=dict)
    pieces: Pieces = field(default_factory=Pieces)

    @classmethod
    def of(cls, card: RoomCard) -> "RoomView":
        seats = [seat for seat, _name in card.names]
        strangers = tuple(seat for seat in seats if seat != card.seat)
        return cls(
            card.room,
            card.seat,
            strangers,
            began=time.monotonic() - card.age_ms / 1000,
            told=dict.fromkeys(seats, 0),
            present=dict.fromkeys(strangers, True),
        )

    def is_behind(self, end: RoomEnd) -> bool:
        """Whether something was said that this connection has not been told."""
        return any(seq > self.told.get(seat, 0) for seat, seq in end.seqs if seat != self.seat)

    def take_log(self, log: Iterable[str], *, own: bool) -> Iterator[str]:
        """Give the frames of the log that come after what was told, and note them as told.

        `own`: also what this seat said itself, which only a resume replays.
        """
        for entry in log:
            seat_text, seq_text, frame = entry.split(":", 2)
            seat, seq = int(seat_text), int(seq_text)
            if seq > self.told.get(seat, 0) and (own or seat != self.seat):
                self.told[seat] = seq
                yield frame

    def note_seen(self, seen: Mapping[str, int]) -> None:
        """Note what a resuming client says it has."""
        for seat, seq in seen.items():
            self.told[int(seat)] = seq


def matched_frame(card: RoomCard) -> Matched:
    people = [Person(seat=seat, name=name) for seat, name in card.names]
    return Matched(
        room=card.room,
        mode=card.mode,
        role="chat",
        you=next(person for person in people if person.seat == card.seat),
        strangers=tuple(person for person in people if person.seat != card.seat),
        common_interests=tuple(card.common),
        language=card.language or None,
    )


def ended_frame(end: RoomEnd, *, ref: str | UnsetType = UNSET) -> Ended:
    by = None if end.by < 0 else end.by
    return Ended(room=end.room, reason=end.reason, by=by, ref=ref)


def waiting_frame(card: WaitingCard, *, ref: str | UnsetType = UNSET) -> Waiting:
    return Waiting(
        mode=card.mode,
        role="chat",
        interests=tuple(card.interests),
        languages=tuple(card.languages),
        relaxes_in=None if card.relaxes_in < 0 else card.relaxes_in / 1000,
        ref=ref,
    )
