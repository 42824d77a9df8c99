"""Connections to the node of a Redis Cluster that has the keys of this copy.

All of them are under one hash tag, so they lie on one node, and what is written for a plain Redis
runs there as it is: a connection finds the node when it is made, and puts each key under the tag.
Several copies, each with a tag of its own, spread over the nodes. `omegle.lib.redis` is the caller.
"""

from collections.abc import Sequence
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.exceptions import ConnectionError, MovedError

TAG = f"{{{settings.REDIS_TAG}}}:"

# Of the commands we call: those without a key, with keys alone, with two. Scripts: `lua/tag.lua`.
_NONE = frozenset(
    {"AUTH", "CLIENT", "DISCARD", "EXEC", "HELLO", "MULTI", "PING", "PSUBSCRIBE", "PUBLISH"}
    | {"SCRIPT", "SELECT", "SUBSCRIBE", "TIME", "UNSUBSCRIBE"}
)
_EVERY = frozenset({"DEL", "EXISTS", "MGET", "UNLINK"})
_TWO = frozenset({"COPY", "RENAME", "SMOVE"})

Command = Sequence[Any]


def tagged(command: Command) -> Command:
    """Give the command with its keys under the tag; a script is told the tag as its only key.

    Once is enough: what is under the tag stays as it is.
    """
    name = _text(command[0]).upper().partition(" ")[0]
    if name in ("EVAL", "EVALSHA"):
        script, _, *rest = command[1:]
        return command if rest[:1] == [TAG] else (command[0], script, 1, TAG, *rest)
    arguments = list(command[1:])
    keys = 0 if name in _NONE else len(arguments) if name in _EVERY else 2 if name in _TWO else 1
    for at, key in enumerate(arguments[:keys]):
        text = _text(key)
        arguments[at] = text if text.startswith(TAG) else TAG + text
    return (command[0], *arguments)


def _text(part: Any) -> str:
    return part.decode() if isinstance(part, bytes) else str(part)


class ClusterConnection(redis.Connection):
    """A connection to the node that has the tag; it is left when the tag moves elsewhere."""

    def _connect(self) -> Any:
        for url in settings.REDIS_CLUSTER:
            with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as seed:
                try:
                    seed.exists(TAG)
                    known: dict[str, Any] = seed.connection_pool.connection_kwargs
                    self.host, self.port = known["host"], known["port"]
                except MovedError as moved:
                    self.host, self.port = moved.host, moved.port
                except redis.RedisError:
                    continue
                return super()._connect()  # type: ignore[no-untyped-call]
        raise ConnectionError("no node of the cluster answers")

    def pack_command(self, *command: Any) -> Any:
        return super().pack_command(*tagged(command))  # type: ignore[no-untyped-call]

    def pack_commands(self, commands: Any) -> Any:
        each = [tagged(command) for command in commands]
        return super().pack_commands(each)  # type: ignore[no-untyped-call]

    def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return super().read_response(*args, **options)
        except MovedError:
            self.disconnect()  # type: ignore[no-untyped-call]
            raise


class AsyncClusterConnection(redis.asyncio.Connection):
    """As `ClusterConnection`."""

    async def _connect(self) -> None:
        for url in settings.REDIS_CLUSTER:
            async with redis.asyncio.Redis.from_url(
                url, socket_timeout=1, socket_connect_timeout=1
            ) as seed:
                try:
                    await seed.exists(TAG)
                    known: dict[str, Any] = seed.connection_pool.connection_kwargs
                    self.host, self.port = known["host"], known["port"]
                except MovedError as moved:
                    self.host, self.port = moved.host, moved.port
                except redis.RedisError:
                    continue
                await super()._connect()  # type: ignore[no-untyped-call]
                return
        raise ConnectionError("no node of the cluster answers")

    def pack_command(self, *command: Any) -> Any:
        return super().pack_command(*tagged(command))

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)
        except MovedError:
            await self.disconnect(nowait=True)
            raise
