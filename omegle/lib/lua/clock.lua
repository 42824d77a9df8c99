-- Redis's own time: the only clock that several processes share.

-- Gives milliseconds since 1970, as an integer.
local function clock_now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
