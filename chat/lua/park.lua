-- Nobody may find those who wait on a process that is leaving; they are found again once they have come
-- back elsewhere. That holds too for a `hello` or `find` of it which is still under way. A part of them with
-- each call. ARGV: process, cursor ('0' at first). Gives the next one.

local LIMIT = 10
local process = ARGV[1]
local now = clock_now()
redis.call('SET', 'process:' .. process .. ':parked', '1', 'EX', ROOM_LIVES_SECONDS)
local part = redis.call('SSCAN', 'process:' .. process .. ':visitors', ARGV[2], 'COUNT', LIMIT)
for _, visitor in ipairs(part[2]) do
  local visit, exists = visit_read(visitor)
  if exists and visit.conn ~= '' and process_of(visit.conn) == process then
    redis.call('HSET', 'visitor:' .. visitor, 'parked', '1')
    local ticket = visit.place == 'queue' and ticket_read(visitor, now)
    if ticket then
      pool_withdraw(ticket)
    end
  end
end
return part[1]
