"""The pool in Redis, as Lua to be sourced before the scripts that pair.

Pairing and seating must be one atomic step, so the app that owns the seats sources `LUA`, defines
`on_pair(first, second, common, language)` and calls `pool_join`, `pool_relax`, `pool_revisit`,
`pool_sweep` and `pool_remove` from its own scripts. The pool knows neither rooms nor bans.
"""

from pathlib import Path

from matching.tickets import Mode
from omegle.lib.redis import Script, SyncClient, lua

LUA = lua(Path(__file__).parent / "lua" / "pool.lua")

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


def waiting_counts(redis: SyncClient) -> dict[tuple[Mode, str], int]:
    """Give how many wait for each mode and role.

    Raises:
        RedisError: Redis is away.
    """
    flat = _counts.run(redis)
    counts: dict[tuple[Mode, str], int] = {}
    for name, count in zip(flat[::2], flat[1::2], strict=True):
        mode, role, _level, _band = name.split(":")
        counts[mode, role] = counts.get((mode, role), 0) + count
    return counts
