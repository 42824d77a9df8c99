-- A visitor reports somebody of a room they are or were in. The room ends for everybody, but where its
-- asker had left it; the two never meet again, and what was written there is given back as it is.
-- ARGV: visitor, conn, room ('' for this one or the last one), reference, window in ms after the end,
-- block for seconds, about (a seat, `question`, `reader`, '' for the only other one)
-- Gives msgpack {status, reference, end card|0, talk|0, seat that it is about}; status: ok, none (no such
-- room, not in it, over for too long, or nobody else in that seat), refused (not for this seat to
-- report) or which (there are two of them). talk: events.TalkCard.

local visitor, conn, about = ARGV[1], ARGV[2], ARGV[7]
local now = clock_now()
local key = 'visitor:' .. visitor
local visit = visit_read(visitor)
local in_room = visit.place == 'room' or visit.place == 'over'
local id = ARGV[3]
if id == '' then
  id = in_room and visit.room or redis.call('GET', 'last:' .. visitor)
end
local room = id and room_read(id)
local seat
for each in string.gmatch(room and room.seats or '', '%d') do
  if room[each .. ':visitor'] == visitor then
    seat = each
  end
end
-- Who asked may have left a room in which the others talk on.
local over = room and (seat == '0' and room['0:gone'] or room.over)
if not seat or (over and now - tonumber(over) > tonumber(ARGV[5])) then
  return cmsgpack.pack({'none', '', 0, 0, 0})
end

local subject, refusal
local others = string.gsub(room.seats, seat, '')
if about == 'question' or about == 'reader' then
  subject = seat ~= '0' and room.reveal and (about == 'reader' or room.reveal == '1') and '0'
  refusal = 'refused'
elseif about == '0' and room.reveal then
  refusal = 'refused'
elseif about ~= '' then
  subject = string.find(others, about, 1, true) and about
  refusal = 'none'
elseif seat == '0' then
  refusal = 'which'
else
  subject = seat == '1' and '2' or '1'
end
if not subject then
  return cmsgpack.pack({refusal, '', 0, 0, 0})
end

local finish = 0
if not over then
  -- Another socket than the one that speaks for the visit may report: then that one is told.
  local told_by_reply = visit.conn == conn
  room_end(room, 'left', seat, now, told_by_reply and visitor or nil)
  if told_by_reply then
    finish = room_end_card(room, seat)
  end
  redis.call('HSET', key, 'place', 'idle', 'room', '')
end
local field = seat .. ':report:' .. (about == 'question' and about or subject)
local reference = room[field]
if not reference then
  reference = ARGV[4]
  redis.call('HSET', 'room:' .. id, field, reference)
end
pair_block(visitor, room[subject .. ':visitor'], ARGV[6])
report_note(visitor, room[subject .. ':visitor'], ARGV[6])
local seen = 'room:' .. id .. (seat == '0' and room['0:gone'] and ':left' or '')
local people, aside = {}, {}
for each in string.gmatch(room.seats, '%d') do
  local written = (each == '0' and 'room:' .. id or seen) .. ':aside:' .. each
  for _, entry in ipairs(redis.call('LRANGE', written, 0, -1)) do
    aside[#aside + 1] = entry
  end
  people[#people + 1] = {tonumber(each), room[each .. ':name'], room[each .. ':visitor'], room[each .. ':address']}
end
tell_all()
return cmsgpack.pack({'ok', reference, finish, {
  id, room.mode, tonumber(room.began), tonumber(seat), people,
  redis.call('LRANGE', seen .. ':log', 0, -1), aside,
  redis.call('LRANGE', 'room:' .. id .. ':questions', 0, -1),
  room.question or '', room.reveal == '1', tonumber(room['0:gone'] or 0),
}, tonumber(subject)})
