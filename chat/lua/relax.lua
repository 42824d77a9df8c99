-- Take anyone now.
-- ARGV: visitor, conn, room seed, closed ('1': nobody may be paired). Gives msgpack {waiting card|0, room card|0}; 0, 0 when there is
-- nothing to relax.

local visitor, conn = ARGV[1], ARGV[2]
local now = clock_now()
local visit = visit_read(visitor)
room_seed, seat_quietly, visit_quiet = ARGV[3], visitor, visit
pool_closed = ARGV[4] == '1'

if visit.conn ~= conn or visit.place ~= 'queue' then
  return cmsgpack.pack({0, 0})
end
local card, ticket, widened = pool_relax(visitor, now)
tell_all()
return cmsgpack.pack({widened and waiting_card(ticket, now) or 0, card or 0})
