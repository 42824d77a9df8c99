-- Counts a connection of an address, unless all processes together hold too many of it.
-- ARGV: process, address tag, how many at most (0: any number). Gives 1 or 0.

local most = tonumber(ARGV[3])
local held = 0
for _, process in ipairs(redis.call('ZRANGE', 'processes', 0, -1)) do
  held = held + tonumber(redis.call('HGET', 'process:' .. process .. ':addresses', ARGV[2]) or 0)
end
if most > 0 and held >= most then
  return 0
end
redis.call('HINCRBY', 'process:' .. ARGV[1] .. ':addresses', ARGV[2], 1)
return 1
