-- A visitor is forgotten: their visit is over, their room ends for the others as when they leave, but who
-- only asked in it is gone and the others talk on. What was written there can still be reported.
-- Whom they never meet by another's wish stays for its time: who kept the cookie would meet them else, and
-- the number of one's own blocks would tell who was forgotten.
-- ARGV: visitor, bound ('1': they keep their number, and may come back with it)

local visitor = ARGV[1]
local now = clock_now()
local visit, exists = visit_read(visitor)
if exists then
  place_leave(visitor, visit, now, 'left')
  if visit.conn and visit.conn ~= '' then
    redis.call('SREM', 'process:' .. process_of(visit.conn) .. ':visitors', visitor)
    tell(visit.conn, {'forgotten', visit.conn})
  end
  redis.call('ZREM', 'lapses', visitor)
end
if ARGV[2] ~= '1' then
  redis.call('SET', forgotten_key(visitor), '1', 'EX', FORGOTTEN_SECONDS)
end
blocks_undo(visitor)
redis.call('DEL', 'visitor:' .. visitor, 'last:' .. visitor, 'parted:' .. visitor)
tell_all()
