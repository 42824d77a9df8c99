-- Our own check ends a room for everybody in it. ARGV: room, seat it is because of. Gives 1, or 0 when it
-- was over.

local room = room_read(ARGV[1])
if not room or room.ended then
  return 0
end
room_end(room, 'moderated', ARGV[2], clock_now())
tell_all()
return 1
