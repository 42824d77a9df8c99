"""Moderation as this process carries it out: its guard kept fresh, and bans on open sockets.

The switchboard owns it and tells it which bells have rung. Nothing here waits for one visitor
before it gets to the next.
"""

import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import django.db

from chat.connection import Connection
from chat.lanes import lane_of
from chat.protocol import Banned, Close, VideoSwitched, Warned
from chat.store import Store
from chat.video import video_of
from moderation import guard
from moderation.presence import presence_note
from moderation.receipts import statement_url
from moderation.selectors.bans import Ban
from moderation.selectors.ranges import KeptOut
from moderation.services.rules import hits_note
from omegle.lib.redis import RedisError
from omegle.lib.threads import DatabaseThreads

logger = logging.getLogger(__name__)

# Rules and sanctions are read again this often even when nobody rang.
_GUARD_SECONDS = 20.0
_PRESENCE_SECONDS = 15.0
# Longer than the guard remembers a warning.
_WARNED_SECONDS = 8 * 86_400

_threads = DatabaseThreads("guard", 1)

Settle = Callable[[Callable[[], Awaitable[None]]], Coroutine[None, None, None]]
GiveUp = Callable[[Connection, str], Awaitable[None]]
ChangeLane = Callable[[Connection], Awaitable[None]]
Spawn = Callable[[Coroutine[None, None, None]], None]


class Enforcement:
    """Keeps the guard of this process fresh and carries out what it says.

    Attributes:
        bells: the counters as Redis gave them last.
    """

    def __init__(
        self,
        store: Store,
        connections: Mapping[str, Connection],
        settle: Settle,
        spawn: Spawn,
        give_up: GiveUp,
        change_lane: ChangeLane,
    ) -> None:
        self.bells: list[str] = []
        self._store = store
        self._connections = connections
        self._settle = settle
        self._spawn = spawn
        self._give_up = give_up
        self._change_lane = change_lane
        self._heard: list[str] | None = None
        self._loaded_at = self._noted_at = -math.inf

    async def turn(self) -> None:
        """Do what is due; called a few times a second."""
        now = time.monotonic()
        if self.bells != self._heard or now - self._loaded_at > _GUARD_SECONDS:
            await self.refresh()
        await self._note(now)

    async def refresh(self) -> None:
        """Read the rules and sanctions and carry them out; the older copy stays if that fails."""
        bells, self._loaded_at = self.bells, time.monotonic()
        try:
            await _threads.run(guard.current().load)
        except django.db.Error as error:
            logger.error("Rules and sanctions could not be read: %s", type(error).__name__)
            return
        self._heard = bells
        for connection in tuple(self._connections.values()):
            if connection.greeted and connection.close_code is None:
                self.check(connection)

    def check(self, connection: Connection) -> bool:
        """Carry out on a connection what is in force; False when its visitor is kept out."""
        own = guard.current()
        if ban := own.ban_of(connection.tag) or own.range_ban_of(connection.network):
            self._keep_out(connection, ban)
            return False
        if connection.greeted and guard.current().warnings_of(connection.tag):
            self._spawn(self._warn(connection))
        if connection.greeted:
            self._check_video(connection)
            self._check_lane(connection)
        return True

    def _check_lane(self, connection: Connection) -> None:
        """Let who waits wait among those they may meet now; a conversation goes on as it is."""
        lane = lane_of(connection.tag)
        if lane != connection.lane:
            connection.lane = lane
            self._spawn(self._settle(lambda: self._change_lane(connection)))

    def _check_video(self, connection: Connection) -> None:
        """Tell what other video there is; who has lost theirs leaves the room in which they had it.

        A call that the operator stops goes on in text. Nobody looks for a call that can't be.
        """
        video, room = video_of(connection.tag), connection.room
        waits_in_vain = room is None and video == "off" and connection.waits_for == "video"
        # Who came back to a search was told of video before, and of the search after that.
        if video != connection.video or waits_in_vain:
            connection.video = video
            connection.send(VideoSwitched(state=video))
        if waits_in_vain:
            self._spawn(self._settle(lambda: self._give_up(connection, "")))
        has_lost_it = guard.current().video_lost_until(connection.tag) is not None
        if room is not None and room.mode == "video" and has_lost_it:
            self._spawn(self._settle(lambda: self._give_up(connection, room.id)))

    def _keep_out(self, connection: Connection, ban: Ban | KeptOut) -> None:
        """Tell somebody that they are banned, close, and end their visit wherever it is."""
        until = None if ban.until is None else ban.until.isoformat()
        with connection.speaking():
            statement = ban.statement
        connection.send(Banned(statement=statement, until=until, url=statement_url(ban.decision)))
        connection.close(Close.BANNED)
        # Its end need not be written: the visit is over, not dropped.
        connection.may_have_place = False
        visitor = connection.visitor.id
        self._spawn(self._settle(lambda: self._store.expel(visitor=visitor)))

    async def _warn(self, connection: Connection) -> None:
        """Tell the visitor the warnings they were not told yet."""
        for warning in guard.current().warnings_of(connection.tag):
            key = f"warned:{warning.decision}"
            try:
                is_new = await self._store.redis.set(key, "1", nx=True, ex=_WARNED_SECONDS)
            except RedisError:
                return  # the next look tells it
            if is_new:
                with connection.speaking():
                    statement = warning.statement
                url = statement_url(warning.decision)
                connection.send(Warned(statement=statement, url=url))

    async def _note(self, now: float) -> None:
        """Say who is here, and which rules were met."""
        try:
            if now - self._noted_at > _PRESENCE_SECONDS:
                self._noted_at = now
                tags = {connection.tag for connection in self._connections.values()}
                await presence_note(self._store.redis, tags)
            if hits := guard.current().take_hits():
                await hits_note(self._store.redis, hits)
        except RedisError:
            self._noted_at = -math.inf
