"""The life of one web process among others: its channel, its lease, its leaving.

It hears what other processes tell this one's visitors, renews the lease their places hang on, does
its part of what time alone brings about, and finds the way back when Redis was away. There is one
switchboard per process and event loop. Handlers reach it through `services`.
"""

import asyncio
import contextlib
import itertools
import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Literal
from weakref import WeakKeyDictionary

from django.conf import settings

from chat.connection import Budget, Connection, SendNow
from chat.delivery import Delivery
from chat.enforcement import Enforcement
from chat.events import decode_events
from chat.ledger import Ledger
from chat.names import random_name
from chat.orders import Orders
from chat.protocol import Close, Draining, Ended, Online
from chat.store import Store
from chat.visitors import Visitor
from moderation import guard
from moderation.tags import AddressTag
from omegle.lib import lifecycle
from omegle.lib.network import Network
from omegle.lib.redis import RedisError, client
from omegle.lib.words import Sentence, sentence

logger = logging.getLogger(__name__)

_UPKEEP_SECONDS = 0.25
_ONLINE_SECONDS = 5.0
# How many are told or looked at in one go where it is all of them, and how long the rest wait.
_AT_ONCE = 100
_PAUSE_SECONDS = 0.01
_RETRY_SECONDS = 0.5
_LISTEN_SECONDS = 1.0
# What a web server's own start may wait for its switchboard's.
_START_SECONDS = 3.0
# Of the time to drain, what closing those who did not go by themselves may take.
_CLOSE_SECONDS = 0.5
# Places looked up at once after Redis was away; fewer than it has connections for us.
_RESYNCS = 8


Write = Callable[[], Awaitable[None]]


class Switchboard:
    """One web process's part of the service.

    Attributes:
        process: this process's id; connection ids begin with it.
        online: visitors connected to all processes, at the last upkeep.
        is_away: whether Redis does not answer.
        is_draining: whether this process is leaving.
    """

    def __init__(self, store: Store) -> None:
        self.process = secrets.token_hex(6)
        self.store = store
        self.delivery = Delivery(store, self._spawn)
        self.ledger = Ledger(store, self.process, self.delivery.deliver)
        self.enforcement = Enforcement(
            store, self.connections, self.settle, self._spawn, self._give_up, self._change_lane
        )
        self.orders = Orders(store.redis, self.process, self.connections)
        self.epoch = ""
        self.online = 0
        self.is_away = False
        self.is_draining = False
        self._online_told = -1
        self._left = asyncio.Event()
        # The channel broke: looked into once it is known whether Redis has its data.
        self._missed = False
        self._owed: list[Write] = []
        # Kept for a while after a socket, so that a new one is no new burst.
        self._budgets: dict[str, Budget] = {}
        self._numbers = itertools.count(1)
        self._listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> dict[str, Connection]:
        return self.delivery.connections

    async def start(self) -> None:
        """Listen and take the lease.

        Raises:
            RedisError: Redis is away.
        """
        self._spawn(self._forever(self._listen))
        await self._listening
        reply = await self.store.upkeep(process=self.process, first=True)
        self.epoch, self.online = reply.epoch, reply.online
        self.enforcement.bells = reply.bells
        # Before anybody comes in: who is banned must not get a foot in the door.
        await self.enforcement.refresh()
        await self.orders.turn(reply.bells)
        for part in (
            self._keep_up,
            self._tell_online,
            self._end_visits,
            self._enforce,
            self._follow_orders,
        ):
            self._spawn(self._forever(part))
        lifecycle.before_leaving(self.drain)

    async def stop(self) -> None:
        """Stop; connections must be gone."""
        lifecycle.forget(self.drain)
        while self._tasks:
            # Once is not always enough: a cancelled call to Redis may end as one that timed out.
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=_RETRY_SECONDS)
        with contextlib.suppress(RedisError):
            await self.store.retire(process=self.process)
        await self.store.redis.aclose()

    def connect(
        self,
        visitor: Visitor,
        addresses: Sequence[AddressTag] = (),
        send_now: SendNow | None = None,
        network: Network | None = None,
        language: str = settings.LANGUAGE_CODE,
    ) -> Connection:
        """Register a new connection; events for it are applied from now on."""
        budget = self._budgets.setdefault(visitor.id, Budget())
        id = f"{self.process}:{next(self._numbers)}"
        connection = Connection(id, visitor, budget, addresses, send_now, network, language)
        self.connections[connection.id] = connection
        return connection

    async def settle(self, write: Write) -> None:
        """Write something that must not be lost: while Redis is away it is owed, and done later."""
        try:
            await write()
        except RedisError:
            self._owed.append(write)

    async def _give_up(self, connection: Connection, room: str) -> None:
        """Take a place from a visitor who may not have it: a room, or with '' the search for video.

        What they have found instead meanwhile is left to them.
        """
        async with self.delivery.turn(connection):
            if not room and connection.waits_for != "video":
                return
            reply = await self.store.leave(
                visitor=connection.visitor.id, conn=connection.id, room=room
            )
            connection.waits_for = None
            if reply.end:
                await self.delivery.finish(connection, reply.end)

    async def _change_lane(self, connection: Connection) -> None:
        """Move a visitor who waits to the lane they belong in now."""
        async with self.delivery.turn(connection):
            await self.store.change_lane(
                visitor=connection.visitor.id,
                conn=connection.id,
                lane=connection.lane,
                closed=not guard.current().may_match,
            )

    def disconnect(self, connection: Connection) -> None:
        self.connections.pop(connection.id, None)
        self._left.set()

    async def drain(self, seconds: float) -> None:
        """Send everybody to another process, spread over half of the time there is."""
        self.is_draining = True
        with contextlib.suppress(RedisError):
            await self.store.park(process=self.process)
        for connection in self.connections.values():
            connection.send(Draining(reconnect_in_ms=random.randrange(round(seconds * 500) + 1)))
        try:
            async with asyncio.timeout(seconds - _CLOSE_SECONDS):
                await self._until_empty()
        except TimeoutError:
            for connection in self.connections.values():
                connection.close(Close.SERVER_LEAVING)
            await self._until_empty()

    async def _until_empty(self) -> None:
        while self.connections:
            self._left.clear()
            await self._left.wait()

    # --- Background ------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Read the process's channel until it breaks; events may be lost then."""
        try:
            async with self.store.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(f"process:{self.process}")
                if self._listening.done():
                    self._missed = True
                else:
                    self._listening.set_result(None)
                while True:
                    message = await pubsub.get_message(timeout=_LISTEN_SECONDS)
                    if message is not None:
                        for event in decode_events(message["data"]):
                            self.delivery.deliver(event)
        except RedisError as error:
            if not self._listening.done():
                self._listening.set_exception(error)
            logger.warning("The process's channel broke: %s", type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _forever(self, part: Callable[[], Awaitable[None]]) -> None:
        """Keep a part going; a fault in it is logged and costs one turn."""
        while True:
            try:
                await part()
            except Exception:
                logger.exception("A part of the switchboard failed")
                await asyncio.sleep(_RETRY_SECONDS)

    async def _keep_up(self) -> None:
        await asyncio.sleep(_UPKEEP_SECONDS)
        try:
            await self._upkeep()
        except RedisError as error:
            if not self.is_away:
                logger.error("Redis is away: %s", type(error).__name__)
                self.is_away = True
                self._tell_all("warning", _AWAY)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _upkeep(self) -> None:
        closed = not guard.current().may_match
        reply = await self.store.upkeep(process=self.process, first=False, closed=closed)
        self.online, self.enforcement.bells = reply.online, reply.bells
        lost = reply.epoch != self.epoch
        if lost:
            logger.error("Redis has lost its data: the conversations going on are over")
        self.epoch = reply.epoch
        if lost or self._missed or not reply.held or self.is_away:
            self._missed = False
            await self._resync_all()
        while self._owed:
            await self._owed[0]()
            self._owed.pop(0)
        if self.is_away:
            logger.warning("Redis is back")
            self.is_away = False
            self._tell_all("info", _BACK)

    async def _enforce(self) -> None:
        await asyncio.sleep(_UPKEEP_SECONDS)
        await self.enforcement.turn()

    async def _follow_orders(self) -> None:
        await asyncio.sleep(_UPKEEP_SECONDS)
        with contextlib.suppress(RedisError):  # the upkeep says so
            await self.orders.turn(self.enforcement.bells)

    async def _tell_online(self) -> None:
        await asyncio.sleep(_ONLINE_SECONDS)
        if self.online != self._online_told:
            self._online_told = self.online
            # With thousands here, telling them all at once would hold up those who talk.
            for number, connection in enumerate(tuple(self.connections.values()), 1):
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(_PAUSE_SECONDS)
                if connection.greeted:
                    connection.send(Online(count=self._online_told))

    async def _end_visits(self) -> None:
        """Let go of those of whom nothing was heard for long, and whose age has to be asked anew.

        In a room the one is for its own clock; the other ends it.
        """
        await asyncio.sleep(_ONLINE_SECONDS)
        now = time.monotonic()
        for visitor, budget in tuple(self._budgets.items()):
            if budget.is_full(now):
                del self._budgets[visitor]
        for number, connection in enumerate(tuple(self.connections.values()), 1):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if not connection.greeted or connection.close_code is not None:
                continue
            if not connection.visitor.has_current_age:
                self._spawn(self._end_visit(connection, Close.NOT_ADMITTED))
            elif connection.room is None:
                left = settings.IDLE_SECONDS - (now - connection.heard_at)
                if left <= 0:
                    self._spawn(self._end_visit(connection, Close.IDLE))
                elif left <= settings.IDLE_WARNING_SECONDS:
                    connection.warn_idle(left)

    async def _end_visit(self, connection: Connection, code: int) -> None:
        with contextlib.suppress(RedisError):
            async with self.delivery.turn(connection):
                reply = await self.store.leave(
                    visitor=connection.visitor.id, conn=connection.id, bye=True
                )
                if reply.end:
                    await self.delivery.finish(connection, reply.end)
        connection.close(code)

    def _tell_all(self, level: Literal["info", "warning"], text: Sentence) -> None:
        for connection in self.connections.values():
            if connection.greeted:
                connection.notify(level, text, topic="service")

    # --- The way back ----------------------------------------------------------------------------

    async def _resync_all(self) -> None:
        """Look up every visitor's place, and tell what they missed.

        Raises:
            RedisError: Redis is away again.
        """
        few = asyncio.Semaphore(_RESYNCS)

        async def one(connection: Connection) -> None:
            async with few:
                await self._resync(connection)

        greeted = [c for c in self.connections.values() if c.greeted]
        await asyncio.gather(*(one(connection) for connection in greeted))

    async def _resync(self, connection: Connection) -> None:
        """Look up a visitor's place and tell what they missed; without one they start anew."""
        async with self.delivery.turn(connection):
            if connection.close_code is not None:
                return
            room = connection.room
            reply = await self.store.hello(
                visitor=connection.visitor.id,
                conn=connection.id,
                name=random_name(),
                resume=connection.token,
                seen={str(seat): seq for seat, seq in room.told.items()} if room else {},
                address=connection.address,
                group=connection.visitor.group,
                lane=connection.lane,
                resync=True,
                closed=not guard.current().may_match,
                parked=self.is_draining,
            )
            if reply.refused:
                is_newer = reply.refused == "replaced"
                connection.close(Close.REPLACED if is_newer else Close.NOT_ADMITTED)
                return
            if room is not None and (not reply.card or reply.card.room != room.id):
                connection.send(Ended(room=room.id, reason="reset", by=None))
                connection.room, connection.ended_room = None, room.id
            if reply.resumed:
                await self.delivery.restore(connection, reply, seen=None)
            else:
                connection.close(Close.SERVER_LEAVING)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_done)

    def _note_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("A task of the switchboard failed", exc_info=task.exception())


_AWAY = sentence("We are having trouble. Your conversation is kept; please wait a moment.")
_BACK = sentence("Everything works again.")

_boards: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Switchboard]] = (
    WeakKeyDictionary()
)


async def current() -> Switchboard:
    """Give this process's switchboard; a call without one, or after a start that failed, starts it.

    Raises:
        RedisError: Redis is away.
    """
    loop = asyncio.get_running_loop()
    starting = _boards.get(loop)
    if starting is None or _has_failed(starting):
        starting = _boards[loop] = loop.create_task(_start())
    return await asyncio.shield(starting)


async def start_current() -> None:
    """Start this process's switchboard before anybody comes, so that nobody waits for it.

    A process starts all the same while Redis is away: then the first socket that finds it there
    starts the switchboard, as it does under daphne, which has no lifespan. A start that is slow
    goes on, and who comes meanwhile waits for it.
    """
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                await current()
    except RedisError as error:
        logger.warning("The switchboard waits for a visitor: %s", type(error).__name__)


async def stop_current() -> None:
    """Stop this process's switchboard, if it was started."""
    starting = _boards.pop(asyncio.get_running_loop(), None)
    if starting is not None:
        with contextlib.suppress(RedisError):
            await (await starting).stop()


def _has_failed(starting: asyncio.Task[Switchboard]) -> bool:
    return starting.done() and (starting.cancelled() or starting.exception() is not None)


async def _start() -> Switchboard:
    board = Switchboard(Store(client()))
    try:
        await board.start()
    except Exception:
        await board.stop()
        raise
    return board
