-- A visitor is kept out, or kicked: their visit is over, and their room ends for the others, but who
-- only asked in it is gone and the others talk on.
-- ARGV: visitor, kicked ('1': their own process is told, and closes their socket). Gives 1, or 0 when
-- there is no such visit.

local visitor, kicked = ARGV[1], ARGV[2] == '1'
local now = clock_now()
local key = 'visitor:' .. visitor
local visit, exists = visit_read(visitor)
if not exists then
  return 0
end
place_leave(visitor, visit, now, 'moderated')
if visit.conn and visit.conn ~= '' then
  redis.call('SREM', 'process:' .. process_of(visit.conn) .. ':visitors', visitor)
  if kicked then
    tell(visit.conn, {'kicked', visit.conn})
  end
end
redis.call('ZREM', 'lapses', visitor)
redis.call('DEL', key)
tell_all()
return 1
