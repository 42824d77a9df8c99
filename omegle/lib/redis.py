"""The one place that opens Redis: clients, Lua scripts made of files, limits that processes share.

Asynchronous code opens one client per process and event loop, jobs and commands a synchronous one.
Scripts take every time from `clock.lua` (Redis TIME): no process's own clock decides anything
that another process sees.
"""

import asyncio
import hashlib
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import hiredis
import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.connection import AbstractConnection
from redis.backoff import NoBackoff
from redis.client import NEVER_DECODE
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

from omegle.lib.cluster import AsyncClusterConnection, ClusterConnection, tagged
from omegle.lib.ratelimit import Rate

__all__ = [
    "CLOCK",
    "WRITE_PROBE",
    "Client",
    "Line",
    "RateGate",
    "RedisError",
    "ResponseError",
    "Script",
    "SyncClient",
    "broker_client",
    "bytes_take",
    "client",
    "lua",
    "sync_client",
]

Client = redis.asyncio.Redis
SyncClient = redis.Redis

# Written to see whether Redis takes anything: full, it still answers who reads.
WRITE_PROBE: Final[dict[str, Any]] = {"name": "write-probe", "value": "1", "px": 1000}
# A call that takes longer is treated as "Redis is away".
_TIMEOUT_SECONDS = 3.0
_CONNECTIONS = 16
_SYNC_OPTIONS: dict[str, Any] = {
    "decode_responses": True,
    "socket_timeout": _TIMEOUT_SECONDS,
    "socket_connect_timeout": _TIMEOUT_SECONDS,
    "retry": Retry(NoBackoff(), 0),
}


def lua(path: Path) -> str:
    """Give the source of a Lua file."""
    return path.read_text(encoding="utf-8")


_LUA = Path(__file__).parent / "lua"
CLOCK = lua(_LUA / "clock.lua")
# On a cluster, before everything else a script is made of.
_TAG = [lua(_LUA / "tag.lua")] if settings.REDIS_CLUSTER else []

# At the outermost level: a function, from column one to its `end` there, and a named value.
_FUNCTION = re.compile(
    r"^(?:local function (\w+)|(\w+) = function)\([\w, .]*\)\n.*?^end\n", re.MULTILINE | re.DOTALL
)
_VALUE = re.compile(r"^local ([A-Z][A-Z_]+) = ([\d.e]+|'\w*') *(?:--.*)?\n", re.MULTILINE)
# What names a function without calling it: comments, and names that get their value later.
_MENTION = re.compile(r"^\s*--.*$|^local [\w, ]+$", re.MULTILINE)
_WORD = re.compile(r"'[^'\n]*'|\w+")  # a string is no word of the script


def _linked(source: str) -> str:
    """Give the source without functions that nothing in it names, and with values for their names.

    Redis makes each function of a script anew with each call, and whatever else it refers to.
    """
    values = dict(_VALUE.findall(source))
    source = _WORD.sub(lambda word: values.get(word[0], word[0]), _VALUE.sub("", source))
    functions = list(_FUNCTION.finditer(source))
    names = [function[1] or function[2] for function in functions]
    unread = [_FUNCTION.sub("", source)]
    kept: set[int] = set()
    while unread:
        named = set(_WORD.findall(_MENTION.sub("", unread.pop())))
        for at, name in enumerate(names):
            if name in named and at not in kept:
                kept.add(at)
                unread.append(functions[at][0])
    numbers = iter(range(len(functions)))
    return _FUNCTION.sub(lambda function: function[0] if next(numbers) in kept else "", source)


def client(url: str | None = None) -> Client:
    """Open a client for the running event loop; replies are bytes.

    It never repeats a call by itself: whether a script may run twice is for its caller to know.
    """
    options: dict[str, Any] = {
        "max_connections": _CONNECTIONS,
        "timeout": _TIMEOUT_SECONDS,
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
    }
    if settings.REDIS_CLUSTER and url is None:
        options["connection_class"] = AsyncClusterConnection
        pool = redis.asyncio.BlockingConnectionPool.from_url(settings.REDIS_CLUSTER[0], **options)
    else:
        pool = redis.asyncio.BlockingConnectionPool.from_url(url or settings.REDIS_URL, **options)
    opened = Client.from_pool(pool)  # the client closes its pool
    opened.set_retry(redis.asyncio.retry.Retry(NoBackoff(), 0))
    return opened


@cache
def sync_client() -> SyncClient:
    """Give the process's client for views, jobs and commands; replies are text."""
    if settings.REDIS_CLUSTER:
        url, options = settings.REDIS_CLUSTER[0], {"connection_class": ClusterConnection}
        return redis.Redis.from_url(url, **_SYNC_OPTIONS | options)
    return broker_client()


@cache
def broker_client() -> SyncClient:
    """Give a client of REDIS_URL itself, for what the queue of jobs and the channel layer have."""
    return redis.Redis.from_url(settings.REDIS_URL, **_SYNC_OPTIONS)


def bytes_take(client: SyncClient, key: str) -> bytes | None:
    """Give what a key holds, as bytes, and delete it; None when it is not there."""
    options = {NEVER_DECODE: True}
    taken: bytes | None = client.execute_command("GETDEL", key, **options)  # type: ignore[no-untyped-call]
    return taken


class Script:
    """A Lua script from several sources, with `clock_now()` before them; sent by its hash.

    Of their functions it has those that are called.
    """

    def __init__(self, *sources: str, clock: str = CLOCK) -> None:
        self._sources = sources
        self._clock = clock

    def with_clock(self, clock: str) -> "Script":
        """Give the same script under another `clock_now()`."""
        return Script(*self._sources, clock=clock)

    @cached_property
    def text(self) -> str:
        return "\n".join((*_TAG, _linked("\n".join((self._clock, *self._sources)))))

    @cached_property
    def sha(self) -> str:
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, redis: Client, *args: str | bytes | float) -> Any:
        """Run it.

        Raises:
            RedisError: Redis is away, or the script has a fault.
        """
        try:
            return await redis.evalsha(self.sha, 0, *args)
        except NoScriptError:
            return await redis.eval(self.text, 0, *args)

    def run(self, redis: SyncClient, *args: str | bytes | float) -> Any:
        """Run it from synchronous code; raises as a call does."""
        try:
            return redis.evalsha(self.sha, 0, *args)
        except NoScriptError:
            return redis.eval(self.text, 0, *args)


class Line:
    """A connection of the client's pool kept for scripts that run one after the other.

    A call by way of the pool takes several times as long: what it looks up, counts and guards anew
    for each call stays as it is here.
    """

    def __init__(self, redis: Client) -> None:
        self._pool = redis.connection_pool
        self._connection: AbstractConnection | None = None

    async def run(self, script: Script, *args: bytes | str) -> Any:
        """Run a script.

        Raises:
            RedisError: Redis is away, or the script has a fault.
        """
        try:
            return await self._call(b"EVALSHA", script.sha, b"0", *args)
        except NoScriptError:
            return await self._call(b"EVAL", script.text, b"0", *args)

    async def _call(self, *command: bytes | str) -> Any:
        if self._connection is None:
            self._connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
            # One timeout for both ways, below; for writing alone redis-py would start a task.
            self._connection.socket_timeout = None
        if settings.REDIS_CLUSTER:
            command = tuple(tagged(command))
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # of any length
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._connection.send_packed_command(packed, check_health=False)
                return await self._connection.read_response()
        except TimeoutError:
            raise redis.TimeoutError("no answer") from None


class RateGate:
    """A `Rate` that all processes share, for one subject at a time."""

    _script = Script(lua(_LUA / "rate.lua"))

    def __init__(self, name: str, rate: Rate) -> None:
        self._name = name
        self._rate = rate

    async def wait(self, redis: Client, subject: str) -> float:
        """Give 0 and spend one event, or the seconds until the next is allowed."""
        if self._rate.unlimited:
            return 0.0
        key = f"rate:{self._name}:{subject}"
        return int(await self._script(redis, key, self._rate.count, self._rate.seconds)) / 1000
