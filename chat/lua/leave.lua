-- Give up the place.
-- ARGV: visitor, conn, room ('' for whichever), block for seconds (0: no), bye ('1' or '0')
-- Gives msgpack {status, end card|0}; status: ok, elsewhere (another room is the current one) or gone.

local visitor, conn, block = ARGV[1], ARGV[2], tonumber(ARGV[4])
local now = clock_now()
local key = 'visitor:' .. visitor
local visit = visit_read(visitor)

if visit.conn ~= conn then
  return cmsgpack.pack({'gone', 0})
end
-- A room that has just ended under them can still be left, and its stranger blocked.
local here = (visit.place == 'room' or visit.place == 'over') and visit.room or ''
if ARGV[3] ~= '' and ARGV[3] ~= here then
  return cmsgpack.pack({'elsewhere', 0})
end
local finish = 0
local room = place_leave(visitor, visit, now, 'left', block > 0)
if room then
  finish = room_end_card(room, visit.seat)
  if block > 0 and here ~= '' then
    -- Who discusses blocks the other one, not somebody they know nothing of.
    for _, seat in ipairs(seats_seen(room, visit.seat)) do
      if seat ~= visit.seat then
        pair_block(visitor, room[seat .. ':visitor'], block)
        block_note(visitor, room[seat .. ':visitor'], block)
      end
    end
  end
end
if ARGV[5] == '1' then
  redis.call('SREM', 'process:' .. process_of(conn) .. ':visitors', visitor)
  redis.call('DEL', key)
else
  redis.call('HSET', key, 'place', 'idle', 'room', '')
end
tell_all()
return cmsgpack.pack({'ok', finish})
