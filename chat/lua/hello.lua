-- A visitor arrives, or comes back.
-- ARGV: visitor, conn, resume ('' for none), new token, new name, seen ("seat:seq,…"), room seed,
-- resync ('1' when the connection is the same and its process looks up what it missed), the epoch
-- that `seen` is of ('' for the present one), a new epoch should there be none, address tag,
-- closed ('1': nobody may be paired), parked ('1' on a process that drains: who waits is not found
-- before they have come back elsewhere), group, lane
-- Gives msgpack {epoch, resumed, name, token, waiting card|0, room card|0, log, questions, end card|0,
-- refused}; refused: '', 'replaced' (on a resync: a newer socket has the place) or 'forgotten' (since this
-- connection was opened).

local visitor, conn, resume = ARGV[1], ARGV[2], ARGV[3]
local now = clock_now()
local key = 'visitor:' .. visitor
local visit, exists = visit_read(visitor)
room_seed, seat_quietly = ARGV[7], visitor
pool_closed = ARGV[12] == '1'

redis.call('SET', 'epoch', ARGV[10], 'NX')
local epoch = redis.call('GET', 'epoch')
local seen = (ARGV[9] == '' or ARGV[9] == epoch) and ARGV[6] or ''

local resync = ARGV[8] == '1'
local refused = ''
if redis.call('EXISTS', forgotten_key(visitor)) == 1 then
  refused = 'forgotten'
elseif resync and exists and visit.conn ~= '' and visit.conn ~= conn then
  -- Their newer socket has the place; an older one that looks it up does not take it back.
  refused = 'replaced'
end
if refused ~= '' then
  return cmsgpack.pack({epoch, false, '', '', 0, 0, {}, {}, 0, refused})
end

local process = process_of(conn)
if exists then
  if visit.conn ~= '' and visit.conn ~= conn then
    redis.call('SREM', 'process:' .. process_of(visit.conn) .. ':visitors', visitor)
    tell(visit.conn, {'replaced', visit.conn})
  end
  redis.call('ZREM', 'lapses', visitor)
end
redis.call('SADD', 'process:' .. process .. ':visitors', visitor)
-- It may have begun to drain after it sent this.
local parked = ARGV[13] == '1' or redis.call('EXISTS', 'process:' .. process .. ':parked') == 1

-- Who has entered anew as somebody of another age keeps no place among those they were with.
local group, lane = ARGV[14], ARGV[15]
local resumed = exists and resume ~= '' and resume == visit.token and visit.group == group
  and (resync or visit.place ~= 'idle')
local waiting, card, log, questions, finish = 0, 0, {}, {}, 0
if resumed then
  redis.call('HSET', key, 'conn', conn)
  if visit.place == 'queue' then
    local ticket = ticket_move(visitor, lane, now) or ticket_read(visitor, now)
    if not parked then
      card = pool_revisit(ticket, now) or 0
    end
    waiting = waiting_card(ticket, now)
  elseif visit.place ~= 'idle' then
    local room = room_read(visit.room)
    if room then
      for seat, seq in string.gmatch(seen, '([12]):(%d+)') do
        if tonumber(seq) > tonumber(room[seat .. ':seq'] or 0) then
          room_end(room, 'reset', '', now, visitor)
        end
      end
      if room.ended then
        redis.call('HSET', 'room:' .. room.id, visit.seat .. ':conn', conn)
        room[visit.seat .. ':conn'] = conn
        finish = room_end_card(room, visit.seat)
      else
        seat_connect(room, visit.seat, conn, visit.conn == '')
      end
      card = room_card(room, visit.seat, now)
      log = redis.call('LRANGE', 'room:' .. room.id .. ':log', 0, -1)
      if hears_questions(room, visit.seat) then
        questions = redis.call('LRANGE', 'room:' .. room.id .. ':questions', 0, -1)
      end
    else
      resumed = false
    end
  end
end
if not resumed then
  if exists then
    place_leave(visitor, visit, now, 'left')
  end
  visit = {token = ARGV[4], name = ARGV[5]}
  redis.call('DEL', key)
  redis.call('HSET', key, 'token', visit.token, 'name', visit.name, 'conn', conn, 'place', 'idle',
    'group', group)
end
redis.call('HSET', key, 'address', ARGV[11], 'parked', parked and '1' or '')
tell_all()
return cmsgpack.pack({epoch, resumed, visit.name, visit.token, waiting, card, log, questions, finish, ''})
