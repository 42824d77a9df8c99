"""How a case may change: one table, and the two ways in which a change is refused. Pure."""

from enum import StrEnum


class Status(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"


class Event(StrEnum):
    """What happens to a case."""

    REPORT = "report"
    CLAIM = "claim"
    RELEASE = "release"
    EXPIRE = "expire"
    DECIDE = "decide"
    DECIDE_AUTOMATICALLY = "automatic"
    APPROVE = "approve"
    SET_ASIDE = "set-aside"
    EMPTY = "empty"


class Stale(Exception):
    """The case was changed by somebody else since it was shown."""


class NotPossible(Exception):
    """The case does not allow this now, or not to this moderator."""


_TABLE: dict[tuple[Status, Event], Status] = {
    (Status.OPEN, Event.REPORT): Status.OPEN,
    (Status.CLAIMED, Event.REPORT): Status.CLAIMED,
    (Status.DECIDED, Event.REPORT): Status.OPEN,
    (Status.OPEN, Event.CLAIM): Status.CLAIMED,
    (Status.CLAIMED, Event.RELEASE): Status.OPEN,
    (Status.CLAIMED, Event.EXPIRE): Status.OPEN,
    (Status.CLAIMED, Event.DECIDE): Status.DECIDED,
    # Automation leaves the case to a person.
    (Status.OPEN, Event.DECIDE_AUTOMATICALLY): Status.OPEN,
    (Status.CLAIMED, Event.DECIDE_AUTOMATICALLY): Status.CLAIMED,
    # A permanent ban was approved, whatever came in meanwhile.
    (Status.OPEN, Event.APPROVE): Status.OPEN,
    (Status.CLAIMED, Event.APPROVE): Status.CLAIMED,
    (Status.DECIDED, Event.APPROVE): Status.DECIDED,
    # A report was set aside with its reporter's others, and then none was left to decide on.
    (Status.OPEN, Event.SET_ASIDE): Status.OPEN,
    (Status.CLAIMED, Event.SET_ASIDE): Status.CLAIMED,
    (Status.OPEN, Event.EMPTY): Status.DECIDED,
    (Status.CLAIMED, Event.EMPTY): Status.DECIDED,
}


def transition(status: Status, event: Event) -> Status:
    """Give the status after an event.

    Raises:
        NotPossible: the table has no such change.
    """
    after = _TABLE.get((status, event))
    if after is None:
        raise NotPossible(f"A case that is {status} cannot be changed by “{event}”.")
    return after


def possible_events(status: Status) -> set[Event]:
    return {event for before, event in _TABLE if before == status}
