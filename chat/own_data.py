"""What is stored of a visitor, for themselves: to see it, to undo blocks, to have it forgotten.

Views call it. Everything raises `RedisError`, or a `DatabaseError`, when that part is away, and has
changed nothing then.
"""

from dataclasses import dataclass
from datetime import datetime

from chat import store
from moderation.selectors.bans import Stated, visitor_statements
from moderation.tags import visitor_tag
from omegle.lib.redis import sync_client


@dataclass(frozen=True, slots=True)
class Bound:
    """What keeps a browser from getting another id: a decision about it still has an effect.

    Attributes:
        until: None for good.
        in_force: whether anything is in force; else it is only that they meet others like that.
    """

    until: datetime | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """All that there is.

    Attributes:
        visit: in Redis.
        statements: in the database.
        bound: None when they may have another id.
    """

    visit: store.Visit
    statements: list[Stated]
    bound: Bound | None


def visitor_stored(visitor: str) -> Stored:
    """Give what is stored of a visitor."""
    statements = visitor_statements(visitor_tag(visitor))
    return Stored(store.visit_stored(sync_client(), visitor), statements, _bound(statements))


def visitor_forget(visitor: str) -> Bound | None:
    """Delete place and blocks of a visitor, and close their socket; also when there is nothing.

    Gives what makes them keep their id: a ban would otherwise be gone with a click.
    """
    bound = _bound(visitor_statements(visitor_tag(visitor)))
    store.visitor_forget(sync_client(), visitor, is_bound=bound is not None)
    return bound


def visitor_unblock(visitor: str) -> None:
    """Undo every block of a visitor's own."""
    store.blocks_undo(sync_client(), visitor)


def _bound(statements: list[Stated]) -> Bound | None:
    holding = [each for each in statements if each.has_effect]
    if not holding:
        return None
    ends = [each.effect_until for each in holding]
    known = [end for end in ends if end is not None]
    until = max(known) if len(known) == len(ends) else None
    return Bound(until, any(each.is_in_force for each in holding))
