-- One of two whose room has just ended would meet the other again. Once both have said so they sit in a new
-- room; who did not say so is told nothing.
-- ARGV: visitor, conn, room, room seed, lane, window in ms after the end
-- Gives msgpack {status, ms left, card|0}; status: ok, none (no such room, not in it, or one that nobody
-- may go on from), late, elsewhere (in a queue or a room) or gone.

local visitor, conn, id, lane = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local now = clock_now()
local visit = visit_read(visitor)
room_seed, seat_quietly, visit_quiet = ARGV[4], visitor, visit

local ORDINARY = {left = true, lost = true, idle = true}

-- Whether a visit has no other place, and has had none since.
local function is_free(who, them)
  return (them.place == 'idle' or them.place == 'over') and redis.call('GET', 'last:' .. who) == id
end

if visit.conn ~= conn then
  return cmsgpack.pack({'gone', 0, 0})
end
local room = room_read(id)
local seat = room and (room['1:visitor'] == visitor and '1' or room['2:visitor'] == visitor and '2')
if not seat or room.seats ~= '12' or not ORDINARY[room.ended] then
  return cmsgpack.pack({'none', 0, 0})
end
local left = tonumber(room.over) + tonumber(ARGV[6]) - now
if left <= 0 then
  return cmsgpack.pack({'late', 0, 0})
end
if not is_free(visitor, visit) then
  return cmsgpack.pack({'elsewhere', 0, 0})
end
local key = 'room:' .. id
local other = seat == '1' and '2' or '1'
local stranger = room[other .. ':visitor']
local them = visit_read(stranger)
redis.call('HSET', key, seat .. ':again', lane)
-- Who is not met is not said why: neither a block, nor a report, nor that they are away.
if room[other .. ':again'] ~= lane or (them.conn or '') == '' or them.parked == '1' or visit.parked == '1'
  or them.group ~= visit.group or not is_free(stranger, them)
  or redis.call('SISMEMBER', 'blocked:' .. visitor, stranger) == 1
  or redis.call('SISMEMBER', 'blocked:' .. stranger, visitor) == 1 then
  return cmsgpack.pack({'ok', left, 0})
end
redis.call('HDEL', key, '1:again', '2:again')
local tickets = {}
for each, who in pairs({[seat] = visitor, [other] = stranger}) do
  tickets[each] = {visitor = who, pool = room.mode .. ':chat'}
end
local card = room_open({seats = '12', common = room.common, language = room.language}, tickets, now)
tell_all()
return cmsgpack.pack({'ok', left, card})
