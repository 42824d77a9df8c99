"""The pool in Redis, as Lua to be sourced before the scripts that pair.

Pairing and seating must be one atomic step, so the app that owns the seats sources `LUA`, defines
`on_pair` and `on_triple` and calls `pool_join`, `pool_relax`, `pool_revisit`,
`pool_sweep` and `pool_remove` from its own scripts. The pool knows neither rooms nor bans.
"""

from pathlib import Path
from statistics import median
from typing import cast

from matching.tickets import Mode, Pool, Role
from omegle.lib.redis import Script, SyncClient, lua

LUA = lua(Path(__file__).parent / "lua" / "pool.lua")

_SPY_ROLES: tuple[Role, ...] = ("ask", "discuss")

_counts = Script(
    """
    local counts = {}
    for _, pool in ipairs(redis.call('SMEMBERS', 'pools')) do
      counts[#counts + 1] = pool
      counts[#counts + 1] = redis.call('ZCARD', 'pool:' .. pool .. ':tickets')
    end
    return counts
    """
)

# For each role: the last waits, and how long the middle one of its fullest pool waits.
_waits = Script(
    """
    local now = clock_now()
    local reply = {}
    for _, role in ipairs({'ask', 'discuss'}) do
      local lately, waiting, most = {}, {}, 0
      for _, wait in ipairs(redis.call('LRANGE', 'waits:' .. role, 0, -1)) do
        lately[#lately + 1] = tonumber(wait)
      end
      for _, pool in ipairs(redis.call('SMEMBERS', 'pools')) do
        local key = 'pool:' .. pool .. ':tickets'
        local count = redis.call('ZCARD', key)
        if count > most and string.match(pool, '^%a+:(%a+):') == role then
          local middle = math.floor(count / 2)
          most = count
          waiting[1] = now - tonumber(redis.call('ZRANGE', key, middle, middle, 'WITHSCORES')[2])
        end
      end
      reply[#reply + 1] = lately
      reply[#reply + 1] = waiting
    end
    return reply
    """
)


def waiting_by_pool(redis: SyncClient) -> dict[Pool, int]:
    """Give how many wait in each pool in which anybody does.

    Raises:
        RedisError: Redis is away.
    """
    flat = _counts.run(redis)
    return {
        Pool.named(name): count for name, count in zip(flat[::2], flat[1::2], strict=True) if count
    }


def waiting_counts(redis: SyncClient) -> dict[tuple[Mode, Role], int]:
    """Give how many wait for each mode and role, of those for which anybody does.

    Raises:
        RedisError: Redis is away.
    """
    counts: dict[tuple[Mode, Role], int] = {}
    for pool, count in waiting_by_pool(redis).items():
        counts[pool.mode, pool.role] = counts.get((pool.mode, pool.role), 0) + count
    return counts


def waits_expected(redis: SyncClient) -> dict[Role, int | None]:
    """Give how long those who ask and who discuss wait at the moment, in seconds; None: unknown.

    That is what the middle one of the last matched had waited or, if longer, what the middle one of
    those who wait now has waited so far.

    Raises:
        RedisError: Redis is away.
    """
    flat = cast("list[list[int]]", _waits.run(redis))
    return {
        role: round(max(median(lately or [0]), *now, 0) / 1000) if lately or now else None
        for role, lately, now in zip(_SPY_ROLES, flat[::2], flat[1::2], strict=True)
    }
