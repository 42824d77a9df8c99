-- A visitor is kept out: their visit is over, and their room ends for the others, but who only asked
-- in it is gone and the others talk on. ARGV: visitor

local visitor = ARGV[1]
local now = clock_now()
local key = 'visitor:' .. visitor
local visit, exists = visit_read(visitor)
if not exists then
  return
end
place_leave(visitor, visit, now, 'moderated')
if visit.conn and visit.conn ~= '' then
  redis.call('SREM', 'process:' .. process_of(visit.conn) .. ':visitors', visitor)
end
redis.call('ZREM', 'lapses', visitor)
redis.call('DEL', key)
tell_all()
