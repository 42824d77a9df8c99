-- A visitor is forgotten: their visit is over, their room ends for the others as when they leave, but who
-- only asked in it is gone and the others talk on. What was written there can still be reported.
-- ARGV: visitor, stays ('1': they keep their id, so whom they never meet by another's wish stays)

local visitor, stays = ARGV[1], ARGV[2] == '1'
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
blocks_undo(visitor)
if not stays then
  for _, other in ipairs(redis.call('SMEMBERS', 'blocked:' .. visitor)) do
    for _, list in ipairs({'blocked:', 'blocks:', 'reported:'}) do
      redis.call('SREM', list .. other, visitor)
    end
  end
  redis.call('DEL', 'blocked:' .. visitor, 'reported:' .. visitor)
end
redis.call('DEL', 'visitor:' .. visitor, 'last:' .. visitor, 'parted:' .. visitor)
tell_all()
