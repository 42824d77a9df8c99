"""Talks and reports as chat hands them over, made up for tests."""

import itertools

from moderation.drafts import ASKER, Line, Person, ReportDraft, Talk
from moderation.policy import About, Reason
from moderation.receipts import reference_new
from moderation.tags import visitor_tag

_numbers = itertools.count(1)


def person(visitor: str, *, address: str = "", epoch: int = 1) -> Person:
    return Person(
        name=f"Quiet {visitor.title()}",
        tag=visitor_tag(visitor),
        address=address,
        address_epoch=epoch if address else None,
    )


def line(seat: int, text: str, **fields: object) -> Line:
    number = next(_numbers)
    at = f"2026-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
    return Line(**({"seat": seat, "seq": number, "at": at, "text": text, "shown": text} | fields))  # type: ignore[arg-type]


def talk(*lines: Line, subject: str = "bob", reporter: str = "alice", address: str = "") -> Talk:
    return Talk(
        room=f"room-{next(_numbers)}",
        mode="text",
        began_ms=1_750_000_000_000,
        people={"1": person(reporter), "2": person(subject, address=address)},
        lines=list(lines) or [line(1, "Hello"), line(2, "You idiot")],
    )


def asked(text: str, **fields: object) -> Line:
    """Give a question, hidden unless `shown` says what of it the strangers saw."""
    return line(ASKER, text, **({"kind": "question", "shown": None} | fields))


def left() -> Line:
    return line(ASKER, "", kind="left", seq=0, shown=None)


def discussion(*lines: Line) -> Talk:
    """Alice and Bob discuss, in seats 1 and 2, what Olga asks them."""
    return Talk(
        room=f"room-{next(_numbers)}",
        mode="text",
        began_ms=1_750_000_000_000,
        people={"0": person("olga"), "1": person("alice"), "2": person("bob")},
        lines=list(lines) or [asked("Which is the best month?"), line(1, "May"), line(2, "June")],
    )


def draft(
    *,
    reporter: str = "alice",
    subject: str = "bob",
    reason: Reason = "harassment",
    address: str = "",
    told: Talk | None = None,
    note: str = "",
    seat: int = 2,
    about: About = "seat",
) -> ReportDraft:
    told = told or talk(reporter=reporter, subject=subject, address=address)
    return ReportDraft(
        reference=reference_new("R"),
        reporter=visitor_tag(reporter) if reporter else "",
        subject_seat=seat,
        about=about,
        reason=reason,
        note=note,
        talk=told,
    )
