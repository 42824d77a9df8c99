"""What was written in a room, made of its log in Redis and told as moderation reads it. Pure."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from chat.events import Logged, TalkCard
from moderation.drafts import ASKER, Line, LineKind, Person, ReportDraft, Talk
from moderation.policy import About, Reason
from moderation.tags import visitor_tag


class _Said(msgspec.Struct):
    """The members of a logged frame that count here; the first question has no time of its own.

    `after`: of a question, each seat's last number before it.
    """

    text: str
    at: str = ""
    masked: bool = False
    after: dict[str, int] = {}


class Aside(msgspec.Struct, omit_defaults=False):
    """What the filter changed or stopped, as it was written, and the rules that acted.

    `reported`: a rule asks for a review, whatever else became of it; a script looks for it.
    """

    verdict: str
    reported: bool
    text: str
    rules: tuple[int, ...] = ()


class _LoggedAside(Aside):
    at: str = ""


_said = msgspec.json.Decoder(_Said)
_aside = msgspec.json.Decoder(_LoggedAside)


def aside_members(aside: Aside) -> str:
    """Give the JSON members of an aside, to be logged."""
    return msgspec.json.encode(aside).decode()[1:-1]


def talk_of(card: TalkCard) -> Talk:
    """Give the talk in the order in which it was written.

    Much has the same time: a script writes a whole tick. Then the log's own order counts, a
    question stands where its `after` says, and a refused attempt after what its seat said last.
    """
    refused: list[tuple[int, int, _LoggedAside]] = []
    asides: dict[tuple[int, int], _LoggedAside] = {}
    for entry in card.aside:
        seat_text, seq_text, body = entry.split(":", 2)
        seat, seq = int(seat_text), int(seq_text)
        aside = _aside.decode(body)
        if aside.verdict == "hold":
            refused.append((seat, seq, aside))
        else:
            asides[seat, seq] = aside
    # Each line with its place among those of the same time: after how many of the log, and then.
    placed: list[tuple[tuple[int, int], Line]] = []
    after = {(ASKER, 0): 0}
    for place, entry in enumerate(card.log, 1):
        seat, seq, _, frame = Logged.of(entry)
        said = _said.decode(frame)
        line = _line(
            seat, seq, "message", said.at, said, shown=said.text, written=asides.get((seat, seq))
        )
        after[seat, seq] = place
        placed.append(((place, 0), line))
    for entry in _questions(card):
        _, seq, _, frame = Logged.of(entry)
        said = _said.decode(frame)
        shown = said.text if card.revealed else None
        at = said.at or _iso(card.began)
        line = _line(
            ASKER, seq, "question", at, said, shown=shown, written=asides.get((ASKER, seq))
        )
        place = max((after.get((int(each), n), 0) for each, n in said.after.items()), default=0)
        after[ASKER, seq] = place
        placed.append(((place, 2 + 2 * seq), line))
    for seat, seq, aside in refused:
        kind: LineKind = "question" if seat == ASKER else "message"
        line = _line(seat, seq, kind, aside.at, None, shown=None, written=aside)
        step = 3 + 2 * seq if seat == ASKER else 1
        placed.append(((after.get((seat, seq), 0), step), line))
    if card.gone:
        left = _line(ASKER, 0, "left", _iso(card.gone), None, shown=None, written=None)
        placed.append(((len(card.log), 0), left))
    placed.sort(key=lambda each: (each[1].at, each[0]))
    return Talk(
        room=card.room,
        mode=card.mode,
        began_ms=round(card.began),
        people={
            str(seat): _person(name, visitor, address)
            for seat, name, visitor, address in card.people
        },
        lines=[line for _, line in placed],
    )


def report_draft(
    card: TalkCard, *, reference: str, subject: int, about: About, reason: Reason, note: str
) -> ReportDraft:
    """Give the report that seat `card.seat` makes about seat `subject`.

    That of one who asked and left ends there: what came after was not theirs to see.
    """
    talk = talk_of(card)
    if card.gone and card.seat == ASKER:
        seen = [line for line in talk.lines if line.at <= _iso(card.gone)]
        talk = replace(talk, lines=seen)
    return ReportDraft(
        reference=reference,
        reporter=talk.people[str(card.seat)].tag,
        subject_seat=subject,
        about=about,
        reason=reason,
        note=note,
        talk=talk,
    )


def _questions(card: TalkCard) -> list[str]:
    """Give the questions as they are logged, the first one too."""
    return [f"0:0::{{{card.question}}}", *card.questions] if card.question else []


def _line(
    seat: int,
    seq: int,
    kind: LineKind,
    at: str,
    said: _Said | None,
    *,
    shown: str | None,
    written: Aside | None,
) -> Line:
    """`said`: what went out, None if nothing did. `written`: what the filter changed or stopped."""
    if written is None:
        is_masked = said is not None and said.masked
        written = Aside(
            verdict="mask" if is_masked else "allow",
            reported=False,
            text=said.text if said is not None else "",
        )
    return Line(
        seat=seat,
        kind=kind,
        seq=seq,
        at=at,
        text=written.text,
        shown=shown,
        verdict=written.verdict,
        reported=written.reported,
        rules=written.rules,
    )


def _iso(ms: float) -> str:
    """Write a time as scripts write it."""
    at = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    return at.replace("+00:00", "Z")


def _person(name: str, visitor: str, address: str) -> Person:
    epoch, _, tag = address.partition(":")
    return Person(
        name=name,
        tag=visitor_tag(visitor),
        address=tag,
        address_epoch=int(epoch) if tag else None,
    )
