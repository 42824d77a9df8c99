-- A visitor reports somebody of a room they are or were in. The room ends for both, they never meet
-- again, and what was written there is given back as it is: nothing can be added any more.
-- ARGV: visitor, conn, room ('' for this one or the last one), reference, window in ms after the end,
-- block for seconds, about (a seat, '' for the only other one)
-- Gives msgpack {status, reference, end card|0, talk|0}; status: ok, or none (no such room, not in it,
-- over for too long, or nobody else in that seat). talk: {room, mode, began, seat, {{seat, name, visitor, address}, …}, log, aside}.

local visitor, conn = ARGV[1], ARGV[2]
local now = clock_now()
local key = 'visitor:' .. visitor
local visit = hash_read(key)
local in_room = visit.place == 'room' or visit.place == 'over'
local id = ARGV[3]
if id == '' then
  id = in_room and visit.room or redis.call('GET', 'last:' .. visitor)
end
local room = id and room_read(id)
local seat
for _, each in ipairs(room and seats_of(room) or {}) do
  if room[each .. ':visitor'] == visitor then
    seat = each
  end
end
local others = string.gsub(room and room.seats or '', seat or '', '')
if seat and ARGV[7] ~= '' and not string.find(others, ARGV[7], 1, true) then
  seat = nil
end
if not seat or (room.ended and now - tonumber(room.over) > tonumber(ARGV[5])) then
  return cmsgpack.pack({'none', '', 0, 0})
end

local finish = 0
if not room.ended then
  -- Another socket than the one that speaks for the visit may report: then that one is told.
  local told_by_reply = visit.conn == conn
  room_end(room, 'left', seat, now, told_by_reply and visitor or nil)
  if told_by_reply then
    finish = room_end_card(room, seat)
  end
  redis.call('HSET', key, 'place', 'idle', 'room', '')
end
local reference = room[seat .. ':report']
if not reference then
  reference = ARGV[4]
  redis.call('HSET', 'room:' .. id, seat .. ':report', reference)
end
local people, aside = {}, {}
for _, each in ipairs(seats_of(room)) do
  for _, entry in ipairs(redis.call('LRANGE', 'room:' .. id .. ':aside:' .. each, 0, -1)) do
    aside[#aside + 1] = entry
  end
  people[#people + 1] = {tonumber(each), room[each .. ':name'], room[each .. ':visitor'], room[each .. ':address']}
  if each ~= seat then
    pair_block(visitor, room[each .. ':visitor'], ARGV[6])
  end
end
tell_all()
return cmsgpack.pack({'ok', reference, finish, {
  id, room.mode, tonumber(room.began), tonumber(seat), people,
  redis.call('LRANGE', 'room:' .. id .. ':log', 0, -1), aside,
}})
