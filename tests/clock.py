"""A clock that tests can put forward: Redis's own, plus an offset kept in Redis."""

import redis

# Sourced instead of `clock.lua`.
LUA = """
local function clock_now()
  local time = redis.call('TIME')
  local offset = tonumber(redis.call('GET', 'test:offset') or 0)
  return time[1] * 1000 + math.floor(time[2] / 1000) + offset
end
"""


class Clock:
    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def advance(self, seconds: float) -> None:
        """Let time pass for every script; nothing waits for it."""
        self._client.incrby("test:offset", round(seconds * 1000))
