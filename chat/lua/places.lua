-- Places, seats and rooms. Sourced after clock.lua and matching's pool.lua.
--
--   visitor:<visitor>      hash: the visit. token, name, card (pool etc. are the ticket's), conn (the
--                          connection that speaks for it, '' while dropped), place, room, seat,
--                          address (a tag, never what it stands for), group ("<level>:<band>" of who
--                          they may meet at all; a visit keeps it), parked ('1': not to be found
--                          before they have come back to another process)
--                          place: idle, queue, room, or over (a room that ended under them)
--   room:<room>            hash: mode, seats ("12", "012" with one who asked), common, language, began,
--                          spoke, ended, by, over (when it ended); for each seat <seat>:visitor,
--                          <seat>:name, <seat>:conn, <seat>:seq, <seat>:address, <seat>:report:<about>
--                          (the reference of what this seat reported of that seat, question or reader);
--                          <seat>:again (the lane of who would meet the other one again, after the end)
--                          in video rooms also <seat>:media (a digit each: camera, microphone, shown) and
--                          <seat>:direct ('1': agreed that the stranger learns their address)
--                          With one who asked also: question (JSON members), reveal, 0:common,
--                          0:language, and 0:gone (when they left for good; the others talk on)
--   room:<room>:log        list: "<seat>:<seq>:<id>:<frame>", the last messages
--   room:<room>:questions  list: "0:<n>:<id>:<frame>", what was asked after the first question
--   room:<room>:aside:<seat>  list: "<seat>:<seq>:<json>", what the filter changed or stopped, as written
--   room:<room>:left:log, room:<room>:left:aside:<seat>  as they were when the one who asked left
--   rooms:quiet            sorted set: when to look whether anything is said in a room
--   rooms:screen           set: rooms whose talk is to be looked over by a job
--   last:<visitor>         the room that ended under them last
--   forgotten:<digest>     that a visitor has had themselves forgotten: of what sockets they had opened none
--                          says hello any more. No number is kept, and that for FORGOTTEN_SECONDS
--   waits:chat:<mode>      list: "<when>:<how long>" (ms) of the last who met somebody after waiting
--   lapses                 sorted set: when a dropped visitor's place is given up
--   matches:<minute>       how many rooms were opened in it (minutes since 1970)
--   processes              sorted set: until when each web process is believed to live
--   leases:reaped          how many of them ended without a word
--   process:<process>:visitors  set: whose connection it holds
--   process:<process>:call the number of its last call of relay.lua
--   process:<process>:parked    that it is leaving: who says hello there is parked
--   process:<process>:leave     that an operator asks it to leave
--   process:<process>      channel: events for its connections, several in one message
--
-- The seat of one who asks is 0. Nothing that the others are told may depend on that seat, but that it
-- was taken, that it was left for good, and the questions when they are revealed.
--
-- A connection is "<process>:<number>". A place changes only here, in one script at a time: that is
-- why a visitor is in one queue or one room, whatever dies.

local ROOM_LIVES_SECONDS = 86400     -- unless something is said, should every process be gone
local ROOM_LOOK_MS = 60000           -- when it is first looked at for signs of life
local MATCHES_KEPT_SECONDS = 300
local ROOM_KEPT_SECONDS = 900        -- after its end: for resume and reports
local FORGOTTEN_SECONDS = 30         -- longer than a socket may take from its handshake to its hello
local ROOM_WAITS = 40                -- how many waits of those who chat count for each mode, and half of what is kept

local outgoing = {}

local function process_of(conn)
  return string.match(conn, '^[^:]+')
end

-- Puts an event ({kind, conn, …}) on its process's channel when the script is done.
local function tell(conn, event)
  if conn and conn ~= '' then
    local process = process_of(conn)
    outgoing[process] = outgoing[process] or {}
    table.insert(outgoing[process], event)
  end
end

local function tell_all()
  for process, events in pairs(outgoing) do
    redis.call('PUBLISH', 'process:' .. process, cmsgpack.pack(events))
  end
end

local function forgotten_key(visitor)
  return 'forgotten:' .. redis.sha1hex(visitor)
end

local function hash_read(key)
  local flat = redis.call('HGETALL', key)
  local hash = {}
  for at = 1, #flat, 2 do
    hash[flat[at]] = flat[at + 1]
  end
  return hash, #flat > 0
end

-- Who sits there, or sat there at the end.
local function seats_of(room)
  local seats = {}
  for seat in string.gmatch(room.seats, '%d') do
    if not room[seat .. ':gone'] then
      seats[#seats + 1] = seat
    end
  end
  return seats
end

-- Those of them that this seat may know of.
local function seats_seen(room, seat)
  local seen = {}
  for _, each in ipairs(seats_of(room)) do
    if each ~= '0' or seat == '0' then
      seen[#seen + 1] = each
    end
  end
  return seen
end

local function hears_questions(room, seat)
  return seat == '0' or room.reveal == '1'
end

-- Gives the visit, what it has not as false, and whether there is one.
local function visit_read(visitor)
  local read = redis.call('HMGET', 'visitor:' .. visitor,
    'conn', 'place', 'room', 'seat', 'name', 'address', 'token', 'parked', 'group')
  return {conn = read[1], place = read[2], room = read[3], seat = read[4], name = read[5],
    address = read[6], token = read[7], parked = read[8], group = read[9]}, read[1] ~= false
end

local function room_read(id)
  local room, exists = hash_read('room:' .. id)
  if exists then
    room.id = id
    return room
  end
end

-- What `matched` is made of; events.RoomCard reads it.
local function room_card(room, seat, now)
  local people, conns, media = {}, {}, {}
  local is_asker = seat == '0'
  for _, each in ipairs(seats_seen(room, seat)) do
    local name = is_asker and each ~= '0' and 'Stranger ' .. each or room[each .. ':name']
    people[#people + 1] = {tonumber(each), name}
    conns[#conns + 1] = {tonumber(each), room[each .. ':conn']}
    if each ~= seat and room[each .. ':media'] then
      media[#media + 1] = {tonumber(each), room[each .. ':media'] .. (room[each .. ':direct'] or '')}
    end
  end
  local role = is_asker and 'ask' or room.reveal and 'discuss' or 'chat'
  local own = is_asker and '0:' or ''
  return {room.id, room.mode, tonumber(seat), people, conns, split(room[own .. 'common']),
    room[own .. 'language'], now - tonumber(room.began), role,
    hears_questions(room, seat) and room.question or '', room.reveal == '1', room['0:gone'] ~= nil, media}
end

-- Whether both are there and send sound or pictures: a call needs no words.
local function room_calls(room)
  for _, seat in ipairs({'1', '2'}) do
    local sends = string.sub(room[seat .. ':media'] or '000', 1, 2)
    if (room[seat .. ':conn'] or '') == '' or sends == '00' then
      return false
    end
  end
  return true
end

-- What `ended` is made of, as the one in this seat is told it; events.RoomEnd reads it.
local function room_end_card(room, seat)
  -- Last sequence number of each seat that this one hears: {{seat, seq}, …}. That of 0 counts questions.
  local function room_seqs(room, seat)
    local seqs = {}
    for each in string.gmatch(room.seats, '%d') do
      if each ~= '0' or hears_questions(room, seat) then
        seqs[#seqs + 1] = {tonumber(each), tonumber(room[each .. ':seq'])}
      end
    end
    return seqs
  end
  local reason, by = room.ended, room.by
  if seat == '0' and room['0:gone'] then
    reason, by = 'left', '0'
  end
  if reason == 'left' and by == seat then
    reason = 'you_left'
  elseif by == '0' then
    by = ''
  end
  return {room.id, reason, by == '' and -1 or tonumber(by), room_seqs(room, seat)}
end

-- Ends a room for everybody in it; `by`: a seat or ''. The visitor `actor` gets no event: their
-- script's reply says it.
local function room_end(room, reason, by, now, actor)
  if room.ended then
    return
  end
  room.ended, room.by = reason, by
  redis.call('HSET', 'room:' .. room.id, 'ended', reason, 'by', by, 'over', now)
  for _, part in ipairs({'', ':log', ':questions', ':aside:0', ':aside:1', ':aside:2'}) do
    redis.call('EXPIRE', 'room:' .. room.id .. part, ROOM_KEPT_SECONDS)
  end
  redis.call('ZREM', 'rooms:quiet', room.id)
  local key = 'room:' .. room.id
  -- Questions that nobody saw need no looking over.
  local questions = key .. (room.reveal == '1' and ':questions' or ':log')
  if redis.call('EXISTS', key .. ':log', questions, key .. ':aside:0', key .. ':aside:1', key .. ':aside:2') > 0 then
    redis.call('SADD', 'rooms:screen', room.id)
  end
  local seats = seats_of(room)
  for index, seat in ipairs(seats) do
    local visitor = room[seat .. ':visitor']
    redis.call('SET', 'last:' .. visitor, room.id, 'EX', ROOM_KEPT_SECONDS)
    if redis.call('HGET', 'visitor:' .. visitor, 'room') == room.id then
      redis.call('HSET', 'visitor:' .. visitor, 'place', 'over')
    end
    if visitor ~= actor then
      tell(room[seat .. ':conn'], {'ended', room[seat .. ':conn'], room_end_card(room, seat)})
    end
    for later = index + 1, #seats do
      pair_parted(visitor, room[seats[later] .. ':visitor'], now)
    end
  end
end

-- Tells the others in the room by which connection, if any, this seat is there. `shown`: whether
-- they see a change of presence.
local function seat_connect(room, seat, conn, shown)
  redis.call('HSET', 'room:' .. room.id, seat .. ':conn', conn)
  room[seat .. ':conn'] = conn
  for _, other in ipairs(seats_of(room)) do
    if other ~= seat and seat ~= '0' then
      local to = room[other .. ':conn']
      tell(to, {'presence', to, room.id, tonumber(seat), conn, shown})
    end
  end
end

-- Gives up whatever place the visitor has. Gives the room it ended or that had ended under them, or
-- nil. `visit`: the visitor's hash; its caller writes the new place. `whole`: end the room also when
-- they only asked.
local function place_leave(visitor, visit, now, reason, whole)
  -- One who asked is gone for good: the others are told and talk on.
  local function asker_leave(room, now)
    local visitor, key = room['0:visitor'], 'room:' .. room.id
    room['0:gone'], room['0:conn'] = now, ''
    redis.call('HSET', key, '0:gone', now, '0:conn', '')
    -- What they may report is what they saw; what the others say now would push it out.
    for _, part in ipairs({':log', ':aside:1', ':aside:2'}) do
      redis.call('COPY', key .. part, key .. ':left' .. part)
      redis.call('EXPIRE', key .. ':left' .. part, ROOM_KEPT_SECONDS)
    end
    redis.call('SET', 'last:' .. visitor, room.id, 'EX', ROOM_KEPT_SECONDS)
    for _, seat in ipairs(seats_of(room)) do
      tell(room[seat .. ':conn'], {'reader', room[seat .. ':conn'], room.id})
      pair_parted(visitor, room[seat .. ':visitor'], now)
    end
  end
  if visit.place == 'queue' then
    pool_remove(visitor)
  elseif visit.place == 'room' or visit.place == 'over' then
    local room = room_read(visit.room)
    if room then
      if visit.place == 'room' and visit.seat == '0' and not whole then
        asker_leave(room, now)
      elseif visit.place == 'room' then
        room_end(room, reason, visit.seat, now, visitor)
      end
      return room
    end
  end
end

-- Puts a waiting visitor's ticket into the pool that differs in the lane alone; it stands in no index
-- then. Gives the ticket, or nil when there is nothing to move.
local function ticket_move(visitor, lane, now)
  local ticket = ticket_read(visitor, now)
  local pool = ticket and string.gsub(ticket.pool, '[^:]+$', lane)
  if not ticket or pool == ticket.pool then
    return nil
  end
  pool_withdraw(ticket)
  redis.call('HSET', 'ticket:' .. visitor, 'pool', pool)
  redis.call('SADD', 'pools', pool)
  ticket.pool = pool
  return ticket
end

-- Takes the connection off the visit: the place is kept for `grace` milliseconds.
local function visit_drop(visitor, visit, grace, now)
  local process = process_of(visit.conn)
  redis.call('SREM', 'process:' .. process .. ':visitors', visitor)
  redis.call('HSET', 'visitor:' .. visitor, 'conn', '')
  redis.call('ZADD', 'lapses', now + grace, visitor)
  if visit.place == 'queue' then
    local ticket = ticket_read(visitor, now)
    if ticket then
      pool_withdraw(ticket)
    end
  elseif visit.place == 'room' then
    local room = room_read(visit.room)
    if room and not room.ended then
      seat_connect(room, visit.seat, '', true)
    end
  end
end

-- Seats those who were paired, each of `tickets` in its seat. Gives the card of the one who came; set
-- `seat_quietly` to that visitor, who is told by their script's reply, and `visit_quiet` to their visit if
-- it is as it was read.
local room_seed = ''
local seat_quietly, visit_quiet = '', nil
local room_count = 0

local function room_open(room, tickets, now)
  room_count = room_count + 1
  room.id = string.sub(redis.sha1hex(room_seed .. ':' .. room_count), 1, 22)
  room.began = string.format('%.17g', now)
  room.spoke = room.began
  local quiet = '2'
  for seat in string.gmatch(room.seats, '%d') do
    local ticket = tickets[seat]
    local visit = ticket.visitor == seat_quietly and visit_quiet
    if not visit then
      local read = redis.call('HMGET', 'visitor:' .. ticket.visitor, 'name', 'conn', 'address')
      visit = {name = read[1], conn = read[2], address = read[3]}
    end
    room.mode = string.match(ticket.pool, '^[^:]+')
    room[seat .. ':visitor'] = ticket.visitor
    room[seat .. ':name'] = visit.name
    room[seat .. ':conn'] = visit.conn
    room[seat .. ':seq'] = '0'
    room[seat .. ':address'] = visit.address or ''
    redis.call('HSET', 'visitor:' .. ticket.visitor, 'place', 'room', 'room', room.id, 'seat', seat)
    if ticket.visitor == seat_quietly then
      quiet = seat
    end
  end
  local fields = {}
  for field, value in pairs(room) do
    if field ~= 'id' then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
    end
  end
  local key = 'room:' .. room.id
  redis.call('HSET', key, unpack(fields))
  redis.call('EXPIRE', key, ROOM_LIVES_SECONDS)
  redis.call('ZADD', 'rooms:quiet', now + ROOM_LOOK_MS, room.id)
  local counted = 'matches:' .. math.floor(now / 60000)
  if redis.call('INCR', counted) == 1 then
    redis.call('EXPIRE', counted, MATCHES_KEPT_SECONDS)
  end
  for seat in string.gmatch(room.seats, '%d') do
    if room[seat .. ':visitor'] ~= seat_quietly then
      tell(room[seat .. ':conn'], {'matched', room[seat .. ':conn'], room_card(room, seat, now)})
    end
  end
  return room_card(room, quiet, now)
end

on_pair = function(first, second, common, language, now)
  local waits = 'waits:chat:' .. string.match(first.pool, '^[^:]+')
  if redis.call('LPUSH', waits, string.format('%.0f:%.0f', now, now - first.since)) > 2 * ROOM_WAITS then
    redis.call('LTRIM', waits, 0, ROOM_WAITS - 1)
  end
  return room_open({seats = '12', common = table.concat(common, '\n'), language = language or ''},
    {['1'] = first, ['2'] = second}, now)
end

-- The asker's ticket carries the lines `reveal` ('1' or '0'), the question (JSON members), and, when
-- something else was written, that (an aside's members).
on_triple = function(asker, first, second, common, language, all_common, all_language, now)
  local carried = split(asker.carry)
  local card = room_open({
    seats = '012', common = table.concat(common, '\n'), language = language or '',
    ['0:common'] = table.concat(all_common, '\n'), ['0:language'] = all_language or '',
    reveal = carried[1], question = carried[2],
  }, {['0'] = asker, ['1'] = first, ['2'] = second}, now)
  if carried[3] then
    local key = 'room:' .. card[1] .. ':aside:0'
    redis.call('RPUSH', key, '0:0:{' .. carried[3] .. '}')
    redis.call('EXPIRE', key, ROOM_LIVES_SECONDS)
    if string.find(carried[3], '"reported":true', 1, true) then
      redis.call('SADD', 'rooms:screen', card[1])
    end
  end
  return card
end

-- What `waiting` is made of; events.WaitingCard reads it.
local function waiting_card(ticket, now)
  local relaxes = -1
  if not ticket.open then
    relaxes = math.max(ticket.any_at - now, 0)
  end
  return {string.match(ticket.pool, '^[^:]+'), ticket.role, ticket.interests, ticket.languages, relaxes}
end
