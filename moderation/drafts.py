"""What is handed over before it is in the database: a talk, a report of it, a notice. Pure.

Chat hands them over; the spool keeps them while the database is away.
"""

from typing import Final, Literal

import msgspec

from moderation.policy import About, Reason

LineKind = Literal["message", "question", "left"]
# Of one who asks two strangers a question and reads along.
ASKER: Final = 0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a seat wrote, or that seat 0, which asks and reads along, left for good.

    Attributes:
        kind: message, question or left.
        seq: its number; of a refused attempt, the number of what was said last before it. Questions
            count from 0.
        at: ISO 8601, UTC.
        text: as it was written.
        shown: what the others saw, but seat 0 nothing after it left; None when nobody saw it, as
            nobody sees a question that is not revealed.
        verdict: what the filter did: allow, mask, warn, hold or report.
        reported: whether a rule asked for a review.
        rules: the filter rules that acted.
    """

    seat: int
    kind: LineKind = "message"
    seq: int
    at: str
    text: str
    shown: str | None
    verdict: str = "allow"
    reported: bool = False
    rules: tuple[int, ...] = ()


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
        about: of the subject, what they said, their question, or that they read along.
    """

    reference: str
    reporter: str
    subject_seat: int
    about: About
    reason: Reason
    note: str
    talk: Talk

    @property
    def reporter_seat(self) -> int | None:
        """Where the reporter sat; None for our own checks."""
        people = self.talk.people.items()
        return next((int(seat) for seat, each in people if each.tag == self.reporter), None)

    @property
    def reporter_address(self) -> str:
        """The tag of the reporter's address; empty when unknown."""
        return next((p.address for p in self.talk.people.values() if p.tag == self.reporter), "")

    @property
    def subject(self) -> Person:
        """Whom it is about."""
        return self.talk.people[str(self.subject_seat)]


class NoticeDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody outside wrote; all of it may be of a person, so it is sealed together.

    Attributes:
        text: what is wrong, and why.
        place: where and when it was.
        named: references of ours, as they were typed.
        name: also the signature, where one is asked for.
        contact: an e-mail address.
    """

    text: str
    place: str = ""
    named: str = ""
    name: str = ""
    contact: str = ""
