"""The connections of this web process, and what is delivered to them.

It reads the process's channel, renews its lease, and applies each event to the connection it is
for, in an order a client can rely on: `matched`, what was said without a gap, `ended`. There is one
switchboard per process and event loop. Handlers reach it through `services`.
"""

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from chat.connection import Connection
from chat.events import (
    AnyEvent,
    EndedEvent,
    Event,
    MatchedEvent,
    MessageEvent,
    PresenceEvent,
    ReplacedEvent,
    RoomCard,
    RoomEnd,
    TypingEvent,
    WaitingEvent,
    decode_events,
)
from chat.ledger import Ledger
from chat.protocol import Close, Ended, Online, Presence, TypingShown
from chat.rooms import RoomView, ended_frame, matched_frame, waiting_frame
from chat.store import Store
from chat.visitors import Visitor
from omegle.lib.redis import RedisError, client

logger = logging.getLogger(__name__)

_UPKEEP_SECONDS = 0.25
_ONLINE_SECONDS = 5.0
_RECONNECT_SECONDS = 0.5
_LISTEN_SECONDS = 1.0


class Switchboard:
    """One web process's part of the service.

    Attributes:
        process: this process's id; connection ids begin with it.
        online: visitors connected to all processes, at the last upkeep.
    """

    def __init__(self, store: Store) -> None:
        self.process = secrets.token_hex(6)
        self.store = store
        self.ledger = Ledger(store, self.process, self.deliver)
        self.connections: dict[str, Connection] = {}
        self.epoch = ""
        self.online = 0
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._apply: dict[type[Event], Callable[[Connection, Any], None]] = {
            MatchedEvent: self._apply_matched,
            MessageEvent: self._apply_message,
            TypingEvent: self._apply_typing,
            PresenceEvent: self._apply_presence,
            WaitingEvent: self._apply_waiting,
            EndedEvent: self._apply_ended,
            ReplacedEvent: self._apply_replaced,
        }

    # --- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen and take the lease.

        Raises:
            RedisError: Redis is away.
        """
        listening = asyncio.get_running_loop().create_future()
        self._spawn(self._listen(listening))
        await listening
        await self._upkeep(first=True)
        self._spawn(self._keep_up())
        self._spawn(self._tell_online())

    async def stop(self) -> None:
        """Stop; connections must be gone."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(RedisError):
            await self.store.retire(process=self.process)
        await self.store.redis.aclose()

    def connect(self, visitor: Visitor) -> Connection:
        """Register a new connection; events for it are applied from now on."""
        connection = Connection(f"{self.process}:{next(self._numbers)}", visitor)
        self.connections[connection.id] = connection
        return connection

    def disconnect(self, connection: Connection) -> None:
        self.connections.pop(connection.id, None)

    # --- Delivery --------------------------------------------------------------------------------

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
            for event in connection.release():
                self.deliver(event)

    def deliver(self, event: AnyEvent) -> None:
        """Apply an event to its connection; one for a connection that is gone is dropped."""
        connection = self.connections.get(event.conn)
        if connection is None:
            return
        if connection.held is not None:
            connection.held.append(event)
        else:
            self._apply[type(event)](connection, event)

    def enter(self, connection: Connection, card: RoomCard) -> RoomView:
        """Tell a connection its room, and what was said there before the news came."""
        room = connection.room = RoomView.of(card)
        connection.send(matched_frame(card))
        early, connection.early = connection.early, []
        for event in early:
            self.deliver(event)
        return room

    async def finish(self, connection: Connection, end: RoomEnd) -> None:
        """Tell a connection the end of its room, after everything that was said there."""
        if connection.room is None or connection.room.id != end.room:
            return
        if connection.room.is_behind(end):
            await self._fill(connection, connection.room)
        connection.room = None
        connection.ended_room = end.room
        connection.send(ended_frame(end))

    def _apply_matched(self, connection: Connection, event: MatchedEvent) -> None:
        self.enter(connection, event.card)

    def _apply_waiting(self, connection: Connection, event: WaitingEvent) -> None:
        connection.send(waiting_frame(event.card))

    def _apply_replaced(self, connection: Connection, event: ReplacedEvent) -> None:
        connection.close(Close.REPLACED)

    def _apply_typing(self, connection: Connection, event: TypingEvent) -> None:
        if connection.room is not None and connection.room.id == event.room:
            connection.send(TypingShown(seat=event.seat, on=event.on))

    def _apply_presence(self, connection: Connection, event: PresenceEvent) -> None:
        room = connection.room
        if event.shown and room is not None and room.id == event.room:
            connection.send(Presence(seat=event.seat, connected=bool(event.by)))

    def _apply_message(self, connection: Connection, event: MessageEvent) -> None:
        room = connection.room
        if room is None or room.id != event.room:
            connection.keep_early(event)
            return
        told = room.told.get(event.seat, 0)
        if event.seq == told + 1:
            room.told[event.seat] = event.seq
            connection.send_text(event.frame)
        elif event.seq > told:
            self._later(connection, lambda: self._fill(connection, room))

    def _apply_ended(self, connection: Connection, event: EndedEvent) -> None:
        if connection.room is None or connection.room.id != event.end.room:
            return
        if not connection.has_unanswered and not connection.room.is_behind(event.end):
            connection.room = None
            connection.ended_room = event.end.room
            connection.send(ended_frame(event.end))
            return
        self._later(connection, lambda: self.finish(connection, event.end))

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
                for event in connection.release():
                    self.deliver(event)

        self._spawn(run())

    async def _fill(self, connection: Connection, room: RoomView) -> None:
        """Tell from the log what the connection missed."""
        log = await self.store.log(room=room.id)
        connection.send_log(list(room.take_log(log, own=False)))

    # --- Background ------------------------------------------------------------------------------

    async def _listen(self, listening: asyncio.Future[None]) -> None:
        """Read the process's channel; when it breaks events are lost, so clients resume."""
        while True:
            try:
                async with self.store.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(f"process:{self.process}")
                    if not listening.done():
                        listening.set_result(None)
                    while True:
                        message = await pubsub.get_message(timeout=_LISTEN_SECONDS)
                        if message is not None:
                            for event in decode_events(message["data"]):
                                self.deliver(event)
            except RedisError as error:
                if not listening.done():
                    listening.set_exception(error)
                    return
                logger.error("The process's channel broke: %s", type(error).__name__)
                self._close_all()
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(_UPKEEP_SECONDS)
            try:
                await self._upkeep(first=False)
            except RedisError as error:
                logger.error("Upkeep failed: %s", type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _upkeep(self, *, first: bool) -> None:
        reply = await self.store.upkeep(process=self.process, first=first)
        self.online = reply.online
        if not first and (not reply.held or reply.epoch != self.epoch):
            if reply.epoch != self.epoch:
                logger.error("Redis has lost its data: the conversations going on are over")
                self._reset_rooms()
            self._close_all()
        self.epoch = reply.epoch

    async def _tell_online(self) -> None:
        told = -1
        while True:
            await asyncio.sleep(_ONLINE_SECONDS)
            if self.online != told:
                told = self.online
                for connection in self.connections.values():
                    if connection.greeted:
                        connection.send(Online(count=told))

    def _reset_rooms(self) -> None:
        for connection in self.connections.values():
            if connection.room is not None:
                connection.send(Ended(room=connection.room.id, reason="reset", by=None))
                connection.room = None

    def _close_all(self) -> None:
        for connection in self.connections.values():
            connection.close(Close.SERVER_LEAVING)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_done)

    def _note_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("A task of the switchboard failed", exc_info=task.exception())
            self._close_all()


_boards: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Switchboard]] = (
    WeakKeyDictionary()
)


async def current() -> Switchboard:
    """Give this process's switchboard; the first call starts it.

    It does not hang on the server's lifespan, which daphne does not have.

    Raises:
        RedisError: Redis is away.
    """
    loop = asyncio.get_running_loop()
    starting = _boards.get(loop)
    if starting is None:
        starting = _boards[loop] = loop.create_task(_start())
    try:
        return await asyncio.shield(starting)
    except RedisError:
        _boards.pop(loop, None)
        raise


async def stop_current() -> None:
    """Stop this process's switchboard, if it was started."""
    starting = _boards.pop(asyncio.get_running_loop(), None)
    if starting is not None:
        with contextlib.suppress(RedisError):
            await (await starting).stop()


async def _start() -> Switchboard:
    board = Switchboard(Store(client()))
    await board.start()
    return board
