-- Generic cell rate algorithm (ITU-T I.371): one key holds the time until which the budget is spent.
-- ARGV: key, count, seconds. Gives the milliseconds to wait, 0 when the event may happen.

local key, count, period = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]) * 1000
local now = clock_now()
local interval = period / count
local spent = math.max(tonumber(redis.call('GET', key) or now), now)
local wait = spent + interval - now - period
if wait > 0.5 then
  return math.ceil(wait)
end
redis.call('SET', key, string.format('%.0f', spent + interval), 'PX', math.ceil(period))
return 0
