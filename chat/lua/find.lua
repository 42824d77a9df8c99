-- Look for a stranger; leaves the room first.
-- ARGV: visitor, conn, room seed, pool, patience in ms, interests, languages (lines), parked ('1' on
-- a process that drains, as when the visit is: the ticket is matched once its visitor has come back elsewhere), what the
-- ticket carries
-- Gives msgpack {status, end card|0, waiting card|0, room card|0}; status: ok, waiting or gone.

local visitor, conn = ARGV[1], ARGV[2]
local now = clock_now()
local key = 'visitor:' .. visitor
local visit = visit_read(visitor)
room_seed, seat_quietly, visit_quiet = ARGV[3], visitor, visit

if visit.conn ~= conn then
  return cmsgpack.pack({'gone', 0, 0, 0})
end
if visit.place == 'queue' then
  return cmsgpack.pack({'waiting', 0, 0, 0})
end
local finish = 0
local room = place_leave(visitor, visit, now, 'left')
if room then
  finish = room_end_card(room, visit.seat)
end
interests_liked(ARGV[4], visit.address or '', split(ARGV[6]), now)
local card, ticket = pool_join(visitor, ARGV[4], split(ARGV[6]), split(ARGV[7]), tonumber(ARGV[5]), now,
  ARGV[8] == '1' or visit.parked == '1', ARGV[9])
if not card then
  redis.call('HSET', key, 'place', 'queue', 'room', '')
end
tell_all()
return cmsgpack.pack({'ok', finish, waiting_card(ticket, now), card or 0})
