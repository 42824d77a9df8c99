"""What this process's connections are told, in an order a client can rely on.

`matched` first, what was said without a gap, `ended` last (docs/adr/0003). Events of other
processes and direct deliveries of this one both come through `deliver`. The switchboard owns it.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from msgspec import UNSET, UnsetType

from chat.connection import Connection, TalkEvent
from chat.events import (
    AnyEvent,
    EndedEvent,
    Event,
    ForgottenEvent,
    HelloReply,
    IdleEvent,
    KickedEvent,
    MatchedEvent,
    MediaEvent,
    MessageEvent,
    PresenceEvent,
    ReaderEvent,
    ReplacedEvent,
    RoomCard,
    RoomEnd,
    SignalEvent,
    TypingEvent,
    WaitingCard,
    WaitingEvent,
)
from chat.protocol import Close, Ended, Presence, Reader, TypingShown
from chat.rooms import MediaState, RoomView, ended_frame, matched_frame, waiting_frame
from chat.store import Store
from chat.video import camera_interval, ice_fresh, ice_policy
from omegle.lib import metrics
from omegle.lib.redis import RedisError
from omegle.lib.words import sentence

Spawn = Callable[[Coroutine[None, None, None]], None]


def _count_match(connection: Connection, card: RoomCard) -> None:
    """Count a wish that came true; one that was taken up from another process is not."""
    if connection.wished is not None:
        waited, connection.wished = time.monotonic() - connection.wished, None
        metrics.wait_seconds.labels(card.mode, card.role).observe(waited)
        metrics.matched.labels(card.mode, "yes" if card.common else "no").inc()


_KICKED = sentence("A moderator ended your visit. You can come back, but please keep to the rules.")


class Delivery:
    """Applies events to connections.

    Attributes:
        connections: the open ones of this process, by id.
    """

    def __init__(self, store: Store, spawn: Spawn) -> None:
        self.connections: dict[str, Connection] = {}
        self._store = store
        self._spawn = spawn
        self._apply: dict[type[Event], Callable[[Connection, Any], None]] = {
            MatchedEvent: self._apply_matched,
            MessageEvent: self._apply_message,
            TypingEvent: self._apply_typing,
            SignalEvent: self._apply_signal,
            MediaEvent: self._apply_media,
            PresenceEvent: self._apply_presence,
            WaitingEvent: self._apply_waiting,
            EndedEvent: self._apply_ended,
            IdleEvent: self._apply_idle,
            ReaderEvent: self._apply_reader,
            ReplacedEvent: self._apply_replaced,
            KickedEvent: self._apply_kicked,
            ForgottenEvent: self._apply_forgotten,
        }

    @asynccontextmanager
    async def turn(self, connection: Connection) -> AsyncIterator[None]:
        """Hold back events while a script about the connection runs and its reply is told.

        Reply and events come by different ways: only once the reply has been told may what came
        after it follow. What the visitor said before is written first.
        """
        connection.hold()
        try:
            async with connection.turn:
                await connection.all_answered()
                yield
        finally:
            self._release(connection)

    def deliver(self, event: AnyEvent) -> None:
        """Apply an event to its connection; one for a connection that is gone is dropped."""
        connection = self.connections.get(event.conn)
        if connection is None:
            return
        if connection.held is not None:
            connection.held.append(event)
        else:
            self._apply[type(event)](connection, event)

    def wait(
        self, connection: Connection, card: WaitingCard, *, ref: str | UnsetType = UNSET
    ) -> None:
        """Tell a connection its wish as it stands."""
        connection.waits_for = card.mode
        connection.send(waiting_frame(card, ref=ref))

    def enter(self, connection: Connection, card: RoomCard) -> RoomView:
        """Tell a connection its room, and what was said there before the news came."""
        connection.waits_for = None
        _count_match(connection, card)
        room = connection.room = RoomView.of(card)
        servers = ice_fresh(connection.visitor.id) if card.mode == "video" else ()
        frame = matched_frame(
            card,
            ice_servers=servers,
            ice_policy=ice_policy(),
            camera_check=camera_interval(),
        )
        connection.send(frame)
        early, connection.early = connection.early, []
        for event in early:
            if event.room == card.room:
                self.deliver(event)
        return room

    async def finish(
        self, connection: Connection, end: RoomEnd, *, ref: str | UnsetType = UNSET
    ) -> None:
        """Tell a connection the end of its room, after everything that was said there."""
        if connection.room is None or connection.room.id != end.room:
            connection.untold_room = end.room
            return
        if connection.room.is_behind(end):
            await self._fill(connection, connection.room, upto=dict(end.seqs))
        self._end(connection, end, ref)

    async def restore(
        self, connection: Connection, reply: HelloReply, *, seen: Mapping[str, int] | None
    ) -> None:
        """Tell a connection the place it has.

        `seen`: what a client that came back says it has. None when the connection is the same and
        only what it was not told yet is told.
        """
        if reply.waiting:
            self.wait(connection, reply.waiting)
        card = reply.card
        if card and (seen is not None or card.room != connection.ended_room):
            room = connection.room
            if room is None or room.id != card.room:
                room = self.enter(connection, card)
            if seen is not None:
                room.note_seen(seen)
                room.present.clear()
            for entries in (reply.log, reply.questions):
                connection.send_log(list(room.take_log(entries, own=seen is not None)))
            self._show_people(connection, room, card)
        if reply.end:
            await self.finish(connection, reply.end)

    def _show_people(self, connection: Connection, room: RoomView, card: RoomCard) -> None:
        """Tell who is there and what they send, where that is news."""
        for seat, conn in card.conns:
            if seat in room.strangers:
                self.show_presence(connection, seat, connected=bool(conn))
        for seat, flags in card.media:
            self.show_media(connection, seat, flags)
        if room.role == "discuss" and card.reader_gone:
            self.show_reader_gone(connection)

    def show_presence(self, connection: Connection, seat: int, *, connected: bool) -> None:
        """Tell whether a stranger is there, unless that is what was told last."""
        if connection.room is not None and connection.room.present.get(seat) != connected:
            connection.room.present[seat] = connected
            connection.send(Presence(seat=seat, connected=connected))

    def show_media(self, connection: Connection, seat: int, flags: str) -> None:
        """Tell what a stranger sends, unless that is what was told last."""
        room = connection.room
        if room is not None and room.media.get(seat) != flags:
            room.media[seat] = flags
            connection.send(MediaState.of(flags).frame(seat))

    def show_reader_gone(self, connection: Connection) -> None:
        """Tell that nobody reads along any more, once."""
        room = connection.room
        if room is not None and not room.reader_gone:
            room.reader_gone = True
            connection.send(Reader(room=room.id, present=False))

    # --- One event each --------------------------------------------------------------------------

    def _apply_matched(self, connection: Connection, event: MatchedEvent) -> None:
        if event.card.room != connection.untold_room:
            self.enter(connection, event.card)

    def _apply_waiting(self, connection: Connection, event: WaitingEvent) -> None:
        self.wait(connection, event.card)

    def _apply_replaced(self, connection: Connection, event: ReplacedEvent) -> None:
        connection.close(Close.REPLACED)

    def _apply_kicked(self, connection: Connection, event: KickedEvent) -> None:
        if connection.room is not None:
            connection.send(Ended(room=connection.room.id, reason="moderated", by=None))
        connection.notify("warning", _KICKED)
        connection.close(Close.KICKED)
        # Its end need not be written: the visit is over, not dropped.
        connection.may_have_place = False

    def _apply_forgotten(self, connection: Connection, event: ForgottenEvent) -> None:
        connection.close(Close.NOT_ADMITTED)
        # As there.
        connection.may_have_place = False

    def _apply_typing(self, connection: Connection, event: TypingEvent) -> None:
        if connection.room is not None and connection.room.id == event.room:
            connection.send(TypingShown(seat=event.seat, on=event.on))

    def _apply_presence(self, connection: Connection, event: PresenceEvent) -> None:
        room = connection.room
        if event.shown and room is not None and room.id == event.room:
            self.show_presence(connection, event.seat, connected=bool(event.by))

    def _apply_reader(self, connection: Connection, event: ReaderEvent) -> None:
        if connection.room is not None and connection.room.id == event.room:
            self.show_reader_gone(connection)

    def _apply_idle(self, connection: Connection, event: IdleEvent) -> None:
        if connection.room is not None and connection.room.id == event.room:
            minutes = max(1, round(event.seconds / 60))
            if connection.room.role == "ask":
                text = sentence(
                    "It has been quiet here. The conversation ends in %(minutes)s min unless "
                    "somebody talks.",
                    minutes=minutes,
                )
            else:
                text = sentence(
                    "It has been quiet here. The conversation ends in %(minutes)s min unless you "
                    "talk.",
                    minutes=minutes,
                )
            connection.notify("warning", text)

    def _apply_message(self, connection: Connection, event: MessageEvent) -> None:
        room = self._room_of(connection, event)
        if room is None:
            return
        told = room.told.get(event.seat, 0)
        if event.seq == told + 1:
            room.told[event.seat] = event.seq
            connection.send_text(event.frame)
        elif event.seq > told:
            self._later(connection, lambda: self._fill(connection, room))

    def _apply_signal(self, connection: Connection, event: SignalEvent) -> None:
        if self._room_of(connection, event) is not None:
            connection.send_text(event.frame)

    def _apply_media(self, connection: Connection, event: MediaEvent) -> None:
        if self._room_of(connection, event) is not None:
            self.show_media(connection, event.seat, event.flags)

    def _apply_ended(self, connection: Connection, event: EndedEvent) -> None:
        if connection.room is None or connection.room.id != event.end.room:
            return
        if connection.has_unanswered or connection.room.is_behind(event.end):
            self._later(connection, lambda: self.finish(connection, event.end))
        else:
            self._end(connection, event.end)

    # --- Helpers ---------------------------------------------------------------------------------

    @staticmethod
    def _room_of(connection: Connection, event: TalkEvent) -> RoomView | None:
        """Give the event's room; one that is not told yet gets the event later."""
        room = connection.room
        if room is not None and room.id == event.room:
            return room
        if event.room != connection.ended_room:
            connection.keep_early(event)
        return None

    def _end(self, connection: Connection, end: RoomEnd, ref: str | UnsetType = UNSET) -> None:
        connection.room = None
        connection.ended_room = end.room
        connection.send(ended_frame(end, ref=ref))

    async def _fill(
        self, connection: Connection, room: RoomView, *, upto: Mapping[int, int] | None = None
    ) -> None:
        """Tell from the log what the connection missed."""
        log = await self._store.log(room=room.id, questions=room.hears_questions)
        connection.send_log(list(room.take_log(log, own=False, upto=upto)))

    def _later(self, connection: Connection, act: Callable[[], Awaitable[None]]) -> None:
        """Do something that waits, with the connection's later events held back meanwhile."""
        connection.hold()

        async def run() -> None:
            try:
                async with self.turn(connection):
                    await act()
            except RedisError:
                connection.close(Close.SERVER_LEAVING)
            finally:
                self._release(connection)

        self._spawn(run())

    def _release(self, connection: Connection) -> None:
        for event in connection.release():
            self.deliver(event)
