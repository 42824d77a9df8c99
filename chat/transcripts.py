"""What was written in a room, made of its log in Redis and told as moderation reads it. Pure."""

import msgspec

from chat.events import TalkCard
from moderation.drafts import Line, Person, ReportDraft, Talk
from moderation.policy import Reason
from moderation.tags import visitor_tag


class _Said(msgspec.Struct):
    """The members of a logged frame that count here."""

    text: str
    at: str


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
            lines.append(
                Line(
                    seat=seat,
                    seq=seq,
                    at=aside.at,
                    text=aside.text,
                    shown=None,
                    verdict="hold",
                    reported=aside.reported,
                    rules=aside.rules,
                )
            )
        else:
            asides[seat, seq] = aside
    for entry in card.log:
        seat, seq, body = _parts(entry)
        said = _said.decode(body)
        written = asides.get((seat, seq))
        lines.append(
            Line(
                seat=seat,
                seq=seq,
                at=said.at,
                text=written.text if written else said.text,
                shown=said.text,
                verdict=written.verdict if written else "allow",
                reported=written.reported if written else False,
                rules=written.rules if written else (),
            )
        )
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
    card: TalkCard, *, reference: str, about: int | None, reason: Reason, note: str
) -> ReportDraft:
    """Give the report that seat `card.seat` makes about another seat, None for the only one."""
    talk = talk_of(card)
    others = [seat for seat, *_ in card.people if seat != card.seat]
    return ReportDraft(
        reference=reference,
        reporter=talk.people[str(card.seat)].tag,
        subject_seat=others[0] if about is None else about,
        about="seat",
        reason=reason,
        note=note,
        talk=talk,
    )


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
