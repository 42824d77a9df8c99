"""What an operator does to running processes and their visitors; each leaves an audit entry.

The entry is written first, in a transaction that ends with what it tells of: while the database or
Redis is away nothing is done. Commands are the callers.
"""

from datetime import timedelta
from typing import Literal

from django.db import transaction

from chat import orders, store
from moderation.audit import audit_append
from moderation.tags import visitor_tag
from omegle.lib import bells
from omegle.lib.redis import sync_client


def announcement_make(
    text: str, *, level: Literal["info", "warning"], lasts: timedelta, actor: str
) -> None:
    """Tell everybody who is here, and who comes within `lasts`."""
    with transaction.atomic():
        detail = {"text": text, "seconds": int(lasts.total_seconds())}
        audit_append(actor=actor, action="announce", target="everybody", detail=detail)
        orders.announcement_put(sync_client(), text, level=level, lasts=lasts)
        bells.ring(orders.BELL)


def announcement_clear(*, actor: str) -> bool:
    """Tell nobody any more who comes; False when nothing was announced."""
    with transaction.atomic():
        audit_append(actor=actor, action="announce_clear", target="everybody")
        if not orders.announcement_remove(sync_client()):
            transaction.set_rollback(True)
            return False
        bells.ring(orders.BELL)
    return True


def visitor_here(tag: str) -> str | None:
    """Give the visitor of this tag who is here, or was a moment ago; None when they are not.

    A tag leads to no visitor: that of everybody who is here is made, for 10,000 in some 50 ms.
    """
    return next(
        (each for each in store.visitors_here(sync_client()) if visitor_tag(each) == tag), None
    )


def visitor_kick(visitor: str, *, target: str, why: str, actor: str) -> bool:
    """End somebody's conversation and close their socket; False when they had just gone.

    Nothing keeps them from coming back. `target`: what the audit log names, which is kept for good:
    a report or a case, and no tag.
    """
    with transaction.atomic():
        audit_append(actor=actor, action="kick", target=target, detail={"why": why})
        if not store.visitor_kick(sync_client(), visitor):
            transaction.set_rollback(True)
            return False
    return True


def process_leave(process: str, *, why: str, actor: str) -> None:
    """Ask a web process to leave as SIGTERM would; its visitors go on in others."""
    with transaction.atomic():
        audit_append(actor=actor, action="drain", target=f"process {process}", detail={"why": why})
        orders.process_leave(sync_client(), process)
        bells.ring(orders.BELL)
