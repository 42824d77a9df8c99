"""Interests that many people have at the moment, which others may be told of.

`LUA` is sourced before the script that opens tickets, which calls `interests_liked`. Nothing here
names anybody: an interest is told once `PEOPLE` people of one group named it within an hour, and
the moderators' filter let each of them.
"""

from pathlib import Path
from typing import Final, cast

from omegle.lib.redis import Script, SyncClient, lua

LUA = lua(Path(__file__).parent / "lua" / "liked.lua")

PEOPLE: Final = 20
_MOST: Final = 12

# Of this hour and the last one.
_popular = Script(
    """
    local best, names = {}, {}
    local hour = math.floor(clock_now() / 3600000)
    for _, each in ipairs({hour, hour - 1}) do
      local key = 'liked:' .. ARGV[1] .. ':' .. each
      local flat = redis.call('ZREVRANGEBYSCORE', key, '+inf', ARGV[2],
        'WITHSCORES', 'LIMIT', 0, ARGV[3])
      for at = 1, #flat, 2 do
        local name, count = flat[at], tonumber(flat[at + 1])
        if not best[name] then
          names[#names + 1] = name
        end
        best[name] = math.max(best[name] or 0, count)
      end
    end
    table.sort(names, function(a, b)
      return best[a] > best[b] or best[a] == best[b] and a < b
    end)
    return names
    """
)


def popular_interests(redis: SyncClient, group: str) -> list[str]:
    """Give what most people of a group like at the moment, at most twelve, the most liked first.

    `group`: of whom they may meet at all, as `Visitor.group`.

    Raises:
        RedisError: Redis is away.
    """
    return cast("list[str]", _popular.run(redis, group, PEOPLE, _MOST))[:_MOST]
