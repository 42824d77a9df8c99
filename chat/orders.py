"""What an operator asks of running web processes: an announcement, and to leave. Kept in Redis.

Commands write (`operations`), every process reads when a bell has rung, and now and then besides.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

import msgspec
from msgspec import Struct

from chat.connection import Connection
from chat.protocol import Notice
from omegle.lib import lifecycle
from omegle.lib.ids import random_id
from omegle.lib.redis import Client, SyncClient

logger = logging.getLogger(__name__)

BELL: Final = "orders"
_ANNOUNCEMENT: Final = "announcement"
# A bell may be lost; what is asked is looked at this often anyway.
_LOOK_SECONDS = 2.0
# A process that has not read it by then is gone.
_LEAVE_SECONDS = 600
# How many are told in one go, and how long the rest wait.
_AT_ONCE, _PAUSE_SECONDS = 100, 0.01


class Announcement(Struct, frozen=True):
    """What everybody is told; another id makes it another announcement."""

    id: str
    level: Literal["info", "warning"]
    text: str


class Orders:
    """What is asked of this process; the switchboard owns it and calls `turn`."""

    def __init__(self, redis: Client, process: str, connections: Mapping[str, Connection]) -> None:
        self._redis = redis
        self._process = process
        self._connections = connections
        self._announcement: Announcement | None = None
        self._told = ""
        self._heard: list[str] = []
        self._looked_at = 0.0
        self._is_leaving = False

    async def turn(self, bells: list[str]) -> None:
        """Do what is asked; `bells` as Redis gave them last.

        Raises:
            RedisError: Redis is away.
        """
        now = time.monotonic()
        if bells == self._heard and now - self._looked_at < _LOOK_SECONDS:
            return
        said, leave = await self._redis.mget(_ANNOUNCEMENT, _leave_key(self._process))
        self._heard, self._looked_at = bells, now
        self._announcement = msgspec.json.decode(said, type=Announcement) if said else None
        if leave and not self._is_leaving:
            self._is_leaving = True
            logger.warning("This process was asked to leave")
            lifecycle.leave()
        if self._announcement and self._announcement.id != self._told:
            self._told = self._announcement.id
            await self._tell_all(self._announcement)

    def greet(self, connection: Connection) -> None:
        """Tell somebody who has just come what is announced at the moment."""
        if self._announcement:
            connection.send(_notice(self._announcement))

    async def _tell_all(self, announcement: Announcement) -> None:
        # Whoever comes meanwhile is told by `greet`.
        here = [each for each in self._connections.values() if each.greeted]
        for number, connection in enumerate(here, 1):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(_PAUSE_SECONDS)
            connection.send(_notice(announcement))


def announcement_put(
    redis: SyncClient, text: str, *, level: Literal["info", "warning"], lasts: timedelta
) -> None:
    """Announce something in place of what is announced now."""
    said = Announcement(random_id(), level, text)
    redis.set(_ANNOUNCEMENT, msgspec.json.encode(said), ex=lasts)


def announcement_remove(redis: SyncClient) -> bool:
    """Announce nothing any more; False when nothing was."""
    return bool(redis.delete(_ANNOUNCEMENT))


def process_leave(redis: SyncClient, process: str) -> None:
    """Ask a web process to leave, as SIGTERM would."""
    redis.set(_leave_key(process), "1", ex=_LEAVE_SECONDS)


def _leave_key(process: str) -> str:
    return f"process:{process}:leave"


def _notice(announcement: Announcement) -> Notice:
    return Notice(level=announcement.level, text=announcement.text)
