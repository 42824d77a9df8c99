-- Nobody may find those who wait on a process that is leaving; they are found again once they have come
-- back elsewhere. A part of them with each call. ARGV: process, cursor ('0' at first). Gives the next one.

local LIMIT = 100
local now = clock_now()
local part = redis.call('SSCAN', 'process:' .. ARGV[1] .. ':visitors', ARGV[2], 'COUNT', LIMIT)
for _, visitor in ipairs(part[2]) do
  local ticket = ticket_read(visitor, now)
  if ticket then
    pool_withdraw(ticket)
  end
end
return part[1]
