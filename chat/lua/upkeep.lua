-- What time alone brings about: leases, places that lapse, wishes that widen. Every process calls it
-- a few times a second, and again while there is more: nobody waits long for one call's part.
-- ARGV: process, lease in ms, grace in ms, room seed, new epoch, first ('1' on a process's first call),
-- idle in ms (a room in which nothing is said, and nobody calls, ends then), warning in ms (before that end), closed ('1':
-- nobody may be paired)
-- Gives msgpack {epoch, online, whether this process's lease still held, bells: {name, count, …}, whether
-- there is more to do}.

local process, lease, grace = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local LIMIT = 100
local WORK = 250                     -- about how many commands one call may run
local now = clock_now()
room_seed = ARGV[4]
pool_closed = ARGV[9] == '1'

local more = false
-- Whether there is time for one more of a kind that runs so many commands, besides those of the pool.
local function time_for(commands)
  more = more or pool_work >= WORK
  pool_work = pool_work + commands
  return not more
end

redis.call('SET', 'epoch', ARGV[5], 'NX')
local held = ARGV[6] == '1' or redis.call('ZSCORE', 'processes', process) ~= false
redis.call('ZADD', 'processes', now + lease, process)
redis.call('PEXPIRE', 'process:' .. process .. ':addresses', 10 * lease)

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', 'processes', '-inf', now)) do
  local orphans = redis.call('SRANDMEMBER', 'process:' .. dead .. ':visitors', LIMIT)
  for _, visitor in ipairs(orphans) do
    if not time_for(6) then
      break
    end
    local visit = visit_read(visitor)
    if visit.conn and visit.conn ~= '' and process_of(visit.conn) == dead then
      visit_drop(visitor, visit, grace, now)
    else
      redis.call('SREM', 'process:' .. dead .. ':visitors', visitor)
    end
  end
  if #orphans == LIMIT then
    more = true
  elseif not more then
    redis.call('ZREM', 'processes', dead)
    redis.call('INCR', 'leases:reaped')
  end
end

for _, visitor in ipairs(redis.call('ZRANGEBYSCORE', 'lapses', '-inf', now, 'LIMIT', 0, LIMIT)) do
  if not time_for(30) then
    break
  end
  local visit, exists = visit_read(visitor)
  redis.call('ZREM', 'lapses', visitor)
  if exists and visit.conn == '' then
    place_leave(visitor, visit, now, 'lost')
    redis.call('DEL', 'visitor:' .. visitor)
  end
end

local idle, warning = tonumber(ARGV[7]), tonumber(ARGV[8])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'rooms:quiet', '-inf', now, 'LIMIT', 0, LIMIT)) do
  if not time_for(30) then
    break
  end
  local room = room_read(id)
  if room and not room.ended and room_calls(room) then
    room.spoke = now
    redis.call('HSET', 'room:' .. id, 'spoke', now)
    redis.call('EXPIRE', 'room:' .. id, ROOM_LIVES_SECONDS)
  end
  local left = room and not room.ended and tonumber(room.spoke) + idle - now
  if not left then
    redis.call('ZREM', 'rooms:quiet', id)
  elseif left <= 0 then
    redis.call('ZREM', 'rooms:quiet', id)
    room_end(room, 'idle', '', now)
  elseif left <= warning then
    redis.call('ZADD', 'rooms:quiet', now + left, id)
    for _, seat in ipairs(seats_of(room)) do
      local conn = room[seat .. ':conn']
      tell(conn, {'idle', conn, id, left / 1000})
    end
  else
    redis.call('ZADD', 'rooms:quiet', now + left - warning, id)
  end
end

local swept = pool_sweep(LIMIT, WORK, now, function(ticket)
  local conn = redis.call('HGET', 'visitor:' .. ticket.visitor, 'conn')
  tell(conn, {'waiting', conn, waiting_card(ticket, now)})
end)

local online = 0
for _, each in ipairs(redis.call('ZRANGE', 'processes', 0, -1)) do
  online = online + redis.call('SCARD', 'process:' .. each .. ':visitors')
end
tell_all()
return cmsgpack.pack({redis.call('GET', 'epoch'), online, held, redis.call('HGETALL', 'bells'),
  more or swept})
