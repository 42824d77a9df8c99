"""What was written in a room, made of its log in Redis and told as moderation reads it. Pure."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from chat.events import TalkCard
from moderation.drafts import Line, LineKind, Person, ReportDraft, Talk
from moderation.policy import About, Reason
from moderation.tags import visitor_tag


class _Said(msgspec.Struct):
    """The members of a logged frame that count here; the first question has no time of its own."""

    text: str
    at: str = ""


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
    """Give the talk in the order in which it was written."""
    asides: dict[tuple[int, int], _LoggedAside] = {}
    lines = []
    for entry in card.aside:
        seat, seq, body = _parts(entry)
        aside = _aside.decode(body)
        if aside.verdict == "hold":
            kind: LineKind = "question" if seat == 0 else "message"
            lines.append(_line(seat, seq, kind, aside.at, aside.text, shown=None, written=aside))
        else:
            asides[seat, seq] = aside
    for entry in card.log:
        seat, seq, body = _parts(entry)
        said = _said.decode(body)
        lines.append(
            _line(seat, seq, "message", said.at, said.text, said.text, asides.get((seat, seq)))
        )
    for entry in _questions(card):
        _, seq, body = _parts(entry)
        said = _said.decode(body)
        shown = said.text if card.revealed else None
        at = said.at or _iso(card.began)
        lines.append(_line(0, seq, "question", at, said.text, shown, asides.get((0, seq))))
    if card.gone:
        lines.append(_line(0, 0, "left", _iso(card.gone), "", shown=None, written=None))
    lines.sort(key=lambda line: line.at)
    return Talk(
        room=card.room,
        mode=card.mode,
        began_ms=round(card.began),
        people={
            str(seat): _person(name, visitor, address)
            for seat, name, visitor, address in card.people
        },
        lines=lines,
    )


def report_draft(
    card: TalkCard, *, reference: str, subject: int, about: About, reason: Reason, note: str
) -> ReportDraft:
    """Give the report that seat `card.seat` makes about seat `subject`.

    That of one who asked and left ends there: what came after was not theirs to see.
    """
    talk = talk_of(card)
    if card.gone and card.seat == 0:
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
    return [f"0:0:{{{card.question}}}", *card.questions] if card.question else []


def _line(
    seat: int,
    seq: int,
    kind: LineKind,
    at: str,
    text: str,
    shown: str | None,
    written: Aside | None,
) -> Line:
    """`written`: what the filter changed or stopped of it."""
    return Line(
        seat=seat,
        kind=kind,
        seq=seq,
        at=at,
        text=written.text if written else text,
        shown=shown,
        verdict=written.verdict if written else "allow",
        reported=written.reported if written else False,
        rules=written.rules if written else (),
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


def _parts(entry: str) -> tuple[int, int, str]:
    seat, seq, body = entry.split(":", 2)
    return int(seat), int(seq), body
