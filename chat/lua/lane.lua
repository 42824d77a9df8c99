-- Put a waiting visitor among those of another lane; nothing happens to whom does not wait, and who is
-- parked is put there as they come back.
-- ARGV: visitor, conn, lane, room seed, closed ('1': nobody may be paired)

local visitor, conn, lane = ARGV[1], ARGV[2], ARGV[3]
local now = clock_now()
local visit = hash_read('visitor:' .. visitor)
room_seed = ARGV[4]
pool_closed = ARGV[5] == '1'

local waits = visit.conn == conn and visit.place == 'queue' and visit.parked ~= '1'
local ticket = waits and ticket_move(visitor, lane, now)
if ticket then
  local card, _, widened = pool_revisit(ticket, now)
  if widened and not card then
    tell(conn, {'waiting', conn, waiting_card(ticket, now)})
  end
  tell_all()
end
