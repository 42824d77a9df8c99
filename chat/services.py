"""What a visitor can do: each function changes the place by one script and tells the result.

Handlers call it with a decoded frame's fields; everything raises `RedisError` when Redis is away.
"""

import logging
import time
from collections.abc import Mapping
from functools import partial

import django.db
from django.conf import settings
from msgspec import UNSET, UnsetType

from chat.connection import Connection
from chat.lanes import lane_of
from chat.names import random_name
from chat.protocol import (
    INTEREST_CHARS,
    INTERESTS,
    About,
    AgainAsked,
    Close,
    Find,
    Reason,
    Reported,
    Welcome,
)
from chat.rooms import RoomView
from chat.screening import Screened, text_screen
from chat.store import GRACE_CLOSED_MS, GRACE_MS, Asked
from chat.switchboard import Switchboard
from chat.transcripts import report_draft
from chat.video import video_lost_text, video_of
from matching.interests import BadInterest, interests_fold
from matching.tickets import Pool, Ticket
from moderation import guard
from moderation.drafts import ReportDraft
from moderation.policy import REPORT_WINDOW
from moderation.receipts import receipt_url, reference_new, still_path
from moderation.services.reports import report_take
from moderation.services.stills import still_wanted
from omegle.lib import metrics
from omegle.lib.redis import RateGate
from omegle.lib.threads import DatabaseThreads
from omegle.lib.words import sentence, sentence_counted

logger = logging.getLogger(__name__)

_ADVICE = sentence("Please keep to the rules: what you wrote may hurt others or put you at risk.")

# A database that hangs holds up a few reporters, and nothing else.
_threads = DatabaseThreads("reports", 4)


# Why somebody may not report, by the status of the script.
_NOT_REPORTED = {
    "refused": sentence("That is not for you to report here."),
    "which": sentence("Please say which of the two strangers you report."),
}


async def visit_open(
    board: Switchboard,
    connection: Connection,
    *,
    resume: str | None,
    seen: Mapping[str, int],
    epoch: str | None,
    ref: str | UnsetType = UNSET,
) -> None:
    """Open the visit; with `resume` take its place up again and replay what was missed."""
    if not board.enforcement.check(connection):
        return
    # A cookie made before somebody behind the same address was kept out may be theirs.
    if guard.current().sanctioned_at(connection.addresses) > connection.visitor.proven:
        connection.close(Close.NOT_ADMITTED)
        return
    # One after the other, as they came: the newest of a visitor's sockets is to win.
    async with connection.budget.greeting, board.delivery.turn(connection):
        connection.may_have_place = True  # also when the answer does not come in time
        connection.lane = lane_of(connection.tag)
        reply = await board.store.hello(
            visitor=connection.visitor.id,
            conn=connection.id,
            name=random_name(),
            resume=resume or "",
            seen=seen,
            address=connection.address,
            group=connection.visitor.group,
            lane=connection.lane,
            epoch=epoch or "",
            closed=not guard.current().may_match,
            parked=board.is_draining,
        )
        if reply.refused:  # they had themselves forgotten while this socket was opening
            connection.may_have_place = False
            connection.close(Close.NOT_ADMITTED)
            return
        connection.greeted, connection.token = True, reply.token
        connection.video = video_of(connection.tag)
        connection.send(
            Welcome(
                name=reply.name,
                resume=reply.token,
                epoch=reply.epoch,
                resumed=reply.resumed,
                online=max(board.online, len(board.connections)),
                video=connection.video,
                ref=ref,
            )
        )
        board.orders.greet(connection)
        if resume is not None:
            metrics.resumes.labels("resumed" if reply.resumed else "gone").inc()
        if resume is not None and not reply.resumed:
            connection.refuse("resume_failed", sentence("That conversation is over."), ref)
        known = seen if epoch in (None, reply.epoch) else {}
        await board.delivery.restore(connection, reply, seen=known)
    # Once more: it may have been imposed meanwhile. Warnings are told now that they can be read.
    board.enforcement.check(connection)


async def visit_drop(board: Switchboard, connection: Connection, *, code: int | None) -> None:
    """Note that the socket closed: the place is kept, shorter when a page was closed."""
    closed = code in (Close.NORMAL, Close.GOING_AWAY) and not board.is_draining
    await connection.all_answered()
    await board.store.drop(
        visitor=connection.visitor.id,
        conn=connection.id,
        grace_ms=GRACE_CLOSED_MS if closed else GRACE_MS,
    )


async def visit_close(board: Switchboard, connection: Connection) -> None:
    """End the visit and the connection."""
    async with board.delivery.turn(connection):
        await board.store.leave(visitor=connection.visitor.id, conn=connection.id, bye=True)
        connection.room = None
        connection.close(Close.NORMAL)


async def search_may_start(
    board: Switchboard, connection: Connection, *, ref: str | UnsetType = UNSET
) -> bool:
    """Spend one search of the visitor's budget; refused when it is spent, or nobody can be met.

    It comes before anything is looked at that a `find` holds, which costs more than anything else.
    """
    gate = RateGate("find", settings.LIMIT_FIND)
    if wait := await gate.wait(board.store.redis, connection.visitor.id):
        detail = sentence_counted(
            "You are skipping very fast. Please wait %(count)s second.",
            "You are skipping very fast. Please wait %(count)s seconds.",
            round(wait),
        )
        connection.refuse("too_fast", detail, ref)
        return False
    if not guard.current().may_match:
        connection.refuse(
            "unavailable", sentence("Nobody can be met right now. Please try later."), ref
        )
        return False
    return True


async def stranger_find(
    board: Switchboard,
    connection: Connection,
    wish: Find,
    *,
    question: Asked | None = None,
) -> bool:
    """Look for a stranger, or with a `question` for two; leave the room first, if there is one.

    After `search_may_start`. Gives whether the wish was taken; if not, it was refused.
    """
    visitor, ref = connection.visitor, wish.ref
    lost = guard.current().video_lost_until(connection.tag) if wish.mode == "video" else None
    if lost is not None:
        connection.refuse("not_allowed", video_lost_text(lost), ref)
        return False
    try:
        folded = interests_fold(wish.interests, limit=INTERESTS, chars=INTEREST_CHARS)
    except BadInterest as error:
        connection.refuse("bad_interest", error.sentence, ref)
        return False
    # Strangers read each other's interests before a word is said.
    verdicts = [guard.current().screen(each, early=True) for each in (*wish.interests, *folded)]
    if any(verdict.action != "allow" or verdict.is_reported for verdict in verdicts):
        connection.refuse("refused_text", sentence("An interest is against the rules."), ref)
        return False
    async with board.delivery.turn(connection):
        # The lane as it is now: a change of it waits its turn as this does.
        pool = Pool(wish.mode, visitor.level, visitor.band, wish.role, connection.lane)
        ticket = Ticket(
            visitor=visitor.id,
            pool=pool,
            interests=folded,
            languages=tuple(dict.fromkeys(language.lower() for language in wish.languages)),
            patience=settings.PATIENCE,
        )
        connection.wished = time.monotonic()
        with metrics.find_seconds.time():
            reply = await board.store.find(
                conn=connection.id, ticket=ticket, question=question, parked=board.is_draining
            )
        if reply.end:
            await board.delivery.finish(connection, reply.end)
        if reply.status == "waiting":
            connection.refuse(
                "already_waiting", sentence("You are looking for a stranger already."), ref
            )
        if reply.waiting:
            board.delivery.wait(connection, reply.waiting, ref=ref)
        if reply.card:
            board.delivery.enter(connection, reply.card)
    return reply.status == "ok"


def writing_screen(
    board: Switchboard,
    connection: Connection,
    room: RoomView,
    text: str,
    *,
    ref: str | UnsetType = UNSET,
) -> Screened | None:
    """Screen what is said or asked in a room; what nobody may see is refused, and kept aside."""
    if guard.current().is_off("messages"):
        connection.refuse("unavailable", sentence("Nothing can be written right now."), ref)
        return None
    early = room.age < settings.EARLY_SECONDS
    screened = text_screen(text, early=early, pieces=room.pieces)
    if not screened.refusal:
        return screened
    board.ledger.set_aside(connection, room, screened.aside)
    connection.refuse("refused_text", screened.refusal, ref)
    return None


def writer_advise(connection: Connection, screened: Screened) -> None:
    """Remind somebody of the rules whose text went out but calls for it."""
    if screened.is_warned:
        connection.notify("warning", _ADVICE)


async def wish_relax(
    board: Switchboard, connection: Connection, *, ref: str | UnsetType = UNSET
) -> None:
    """Take anyone now; nothing happens when nobody is being looked for.

    On a process that drains nobody is matched any more: the wish stays as it is.
    """
    if board.is_draining:
        return
    async with board.delivery.turn(connection):
        reply = await board.store.relax(
            visitor=connection.visitor.id,
            conn=connection.id,
            closed=not guard.current().may_match,
        )
        if reply.waiting:
            board.delivery.wait(connection, reply.waiting, ref=ref)
        if reply.card:
            board.delivery.enter(connection, reply.card)


async def stranger_report(
    board: Switchboard,
    connection: Connection,
    *,
    reason: Reason,
    note: str,
    room: str,
    about: About | None,
    ref: str | UnsetType = UNSET,
) -> None:
    """Report somebody of this room or of the last one; answered once it is kept for sure.

    `room`: '' for whichever it is. `about`: None for the only stranger there is.
    """
    gate = RateGate("report", settings.LIMIT_REPORTS)
    if wait := await gate.wait(board.store.redis, connection.visitor.id):
        detail = sentence_counted(
            "Please wait %(count)s second before you report.",
            "Please wait %(count)s seconds before you report.",
            round(wait),
        )
        connection.refuse("too_fast", detail, ref)
        return
    async with board.delivery.turn(connection):
        reply = await board.store.report(
            visitor=connection.visitor.id,
            conn=connection.id,
            room=room,
            reference=reference_new("R"),
            window_ms=round(REPORT_WINDOW.total_seconds() * 1000),
            about=about,
        )
        if reply.end:
            await board.delivery.finish(connection, reply.end)
    if reply.status in _NOT_REPORTED:
        connection.refuse("not_allowed", _NOT_REPORTED[reply.status], ref)
        return
    if not reply.talk:
        minutes = round(REPORT_WINDOW.total_seconds() / 60)
        detail = sentence_counted(
            "You can report whom you have met up to %(count)s minute after the end.",
            "You can report whom you have met up to %(count)s minutes after the end.",
            minutes,
        )
        connection.refuse("not_in_room", detail, ref)
        return
    draft = report_draft(
        reply.talk,
        reference=reply.reference,
        subject=reply.subject,
        about=about if isinstance(about, str) else "seat",
        reason=reason,
        note=note,
    )
    try:
        reference, still = await _threads.run(partial(_report_keep, draft))
    except (OSError, django.db.Error) as error:
        logger.error("A report was not kept: %s", type(error).__name__)
        connection.refuse(
            "unavailable", sentence("Your report was not kept. Please try again."), ref
        )
        return
    connection.send(Reported(receipt=reference, url=receipt_url(reference), still=still, ref=ref))


def _report_keep(draft: ReportDraft) -> tuple[str, str | UnsetType]:
    """Give a report's reference once it is kept, and where its still can be sent, if it can be.

    Not while the database is away: a still waits on no disk.
    """
    reference = report_take(draft)
    try:
        wanted = still_wanted(reference)
    except django.db.Error:
        wanted = False
    return reference, still_path(reference) if wanted else UNSET


async def place_leave(
    board: Switchboard,
    connection: Connection,
    *,
    room: str = "",
    block: bool = False,
    ref: str | UnsetType = UNSET,
) -> bool:
    """Give up the queue or the room; False when `room` is not the current one."""
    async with board.delivery.turn(connection):
        reply = await board.store.leave(
            visitor=connection.visitor.id, conn=connection.id, room=room, block=block
        )
        if reply.end:
            await board.delivery.finish(connection, reply.end, ref=ref)
    return reply.status != "elsewhere"


async def stranger_meet_again(
    board: Switchboard, connection: Connection, *, room: str, ref: str | UnsetType = UNSET
) -> None:
    """Note the wish to go on with the stranger of a room that has just ended; enter one if both do.

    It costs what a search costs. On a process that drains nobody is matched any more.
    """
    if board.is_draining:
        connection.refuse(
            "unavailable", sentence("Nobody can be met right now. Please try later."), ref
        )
        return
    if not await search_may_start(board, connection, ref=ref):
        return
    async with board.delivery.turn(connection):
        reply = await board.store.again(
            visitor=connection.visitor.id, conn=connection.id, room=room, lane=connection.lane
        )
        if reply.status == "none":
            connection.refuse("not_in_room", sentence("You were not in that conversation."), ref)
        elif reply.status in ("late", "elsewhere"):
            connection.refuse("unavailable", sentence("It is too late to meet again."), ref)
        elif reply.status == "ok":
            seconds = round(reply.left_ms / 1000, 1)
            connection.send(AgainAsked(room=room, seconds=seconds, ref=ref))
        if reply.card:
            board.delivery.enter(connection, reply.card)
