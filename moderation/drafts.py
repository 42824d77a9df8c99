"""A talk as the server's own log has it, and a report of it before it is in the database. Pure.

Chat hands them over; the spool keeps them while the database is away.
"""

import msgspec

from moderation.policy import Reason


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a seat wrote.

    Attributes:
        seq: its number; of a refused attempt, the number of what was said last before it.
        at: ISO 8601, UTC.
        text: as it was written.
        shown: what the stranger saw; None when nobody saw it.
        verdict: what the filter did: allow, mask, warn, hold or report.
        rules: the filter rules it met.
        reported: whether one of them asks for a review, whatever else came of it.
    """

    seat: int
    seq: int
    at: str
    text: str
    shown: str | None
    verdict: str = "allow"
    rules: tuple[int, ...] = ()
    reported: bool = False


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who sat in a seat: a random name, and tags.

    Attributes:
        address: empty when unknown.
    """

    name: str
    tag: str
    address: str = ""
    address_epoch: int | None = None


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A room with what was written in it, in order."""

    room: str
    mode: str
    began_ms: int
    people: dict[str, Person]
    lines: list[Line]


class ReportDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its evidence.

    Attributes:
        reporter: the visitor's tag; empty for our own checks.
        about: `seat`, `question` or `reader`.
    """

    reference: str
    reporter: str
    subject_seat: int
    about: str
    reason: Reason
    note: str
    talk: Talk

    @property
    def subject(self) -> Person:
        """Whom it is about."""
        return self.talk.people[str(self.subject_seat)]
