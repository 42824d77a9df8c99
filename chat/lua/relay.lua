-- Writes what one process's visitors said during a tick into the logs, and tells other processes.
-- Sourced alone with clock.lua: this is the message path.
-- ARGV: process, log length, and as msgpack the entries, each of: kind, room, seat, conn, and
--   kind m (message): id, members of the frame (text, and masked when it is), aside
--   kind q (question of seat 0): as m; its number counts questions
--   kind a (for evidence alone, nobody sees it): '', '', aside
--   kind p (pass on, not logged): event kind, payload, ''
--   kind s (signal, kept nowhere): `agreed` when both must have agreed to learn addresses, frame, ''
--   kind v (what this seat sends): flags, '1' or '0' whether it agreed to that ('': as before), ''
-- An aside is what was written, as JSON members, when that is not what the stranger sees.
-- Gives as msgpack for each entry: seq (0: not in this room; of a signal -1: they have not both agreed), the
-- frame ('' when there is none; of kind v its flags, with the agreement), and the local connections it
-- is for.

local process, keep = ARGV[1], tonumber(ARGV[2])
local KNOWN_IDS = 1000
local ROOM_LIVES_SECONDS = 86400   -- as in places.lua; renewed now and then
local RENEW_EVERY = 50
local SCREEN_EVERY = 20
local ASIDES = 100
local outgoing = {}

-- ISO 8601 from Redis TIME; days to a date after H. Hinnant, "chrono-compatible low-level date
-- algorithms".
local function iso(ms)
  local seconds = math.floor(ms / 1000)
  local days = math.floor(seconds / 86400) + 719468
  local era = math.floor(days / 146097)
  local doe = days - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524)
    - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  local left = seconds % 86400
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, day,
    math.floor(left / 3600), math.floor(left / 60) % 60, left % 60, ms % 1000)
end

local now = clock_now()
local at = iso(now)
-- Whatever is handed to Redis or joined as a number is written out each time, and slowly.
local now_text = string.format('%.0f', now)
local own = process .. ':'

-- Keeps what was written beside the log; each seat has room for its own.
local function set_aside(id, seat, seq, members)
  local key = 'room:' .. id .. ':aside:' .. seat
  if redis.call('RPUSH', key, seat .. ':' .. seq .. ':{"at":"' .. at .. '",' .. members .. '}') > ASIDES then
    -- Refused attempts go first: a flood of them must not hide what is under a mask.
    local oldest
    for _, entry in ipairs(redis.call('LRANGE', key, 0, -2)) do
      if not oldest and string.find(entry, '"verdict":"hold"', 1, true) then
        oldest = entry
      end
    end
    redis.call('LREM', key, 1, oldest or redis.call('LINDEX', key, 0))
  end
  redis.call('EXPIRE', key, ROOM_LIVES_SECONDS)
  if string.find(members, '"reported":true', 1, true) then
    redis.call('SADD', 'rooms:screen', id)
  end
end

local reply = {}
for index, entry in ipairs(cmsgpack.unpack(ARGV[3])) do
  local kind, id, seat, conn = entry[1], entry[2], tostring(entry[3]), entry[4]
  local first, second, aside = entry[5], entry[6], entry[7]
  local key = 'room:' .. id
  local room = redis.call('HMGET', key, 'ended', seat .. ':seq', '0:conn', '1:conn', '2:conn')
  local seq, here, event = 0, {}, nil
  local is_question, for_nobody = kind == 'q', false
  -- Who asks says nothing, and shows no sign of themselves.
  if room[3 + entry[3]] == conn and not room[1] and (kind == 'a' or is_question == (seat == '0')) then
    if kind == 'm' or is_question then
      local ids, list = key .. ':ids:' .. seat, key .. (is_question and ':questions' or ':log')
      for_nobody = is_question and redis.call('HGET', key, 'reveal') ~= '1'
      seq = tonumber(room[2]) + 1
      local number = string.format('%d', seq)
      if redis.call('ZADD', ids, 'NX', number, first) == 0 then
        -- Told again: its first telling may have failed half way. Who has it ignores it.
        seq = tonumber(redis.call('ZSCORE', ids, first))
        local mark = seat .. ':' .. seq .. ':'
        for _, entry in ipairs(redis.call('LRANGE', list, 0, -1)) do
          if string.sub(entry, 1, #mark) == mark then
            event = {'message', '', id, tonumber(seat), seq, string.sub(entry, #mark + 1)}
          end
        end
      else
        local frame
        if is_question then
          local after = redis.call('HMGET', key, '1:seq', '2:seq')
          frame = '{"type":"question","room":"' .. id .. '","n":' .. number .. ',' .. second
            .. ',"at":"' .. at .. '","after":{"1":' .. after[1] .. ',"2":' .. after[2] .. '}}'
          redis.call('HSET', key, '0:seq', number)
        else
          frame = '{"type":"message","room":"' .. id .. '","seat":' .. seat .. ',"seq":' .. number
            .. ',' .. second .. ',"at":"' .. at .. '"}'
          redis.call('HSET', key, seat .. ':seq', number, 'spoke', now_text)
        end
        if redis.call('RPUSH', list, seat .. ':' .. number .. ':' .. frame) > keep then
          redis.call('LPOP', list)
        end
        if seq % RENEW_EVERY == 1 then
          local kept = {key, list, ids, key .. ':questions', key .. ':ids:0', key .. ':aside:0'}
          for _, each in ipairs(kept) do
            redis.call('EXPIRE', each, ROOM_LIVES_SECONDS)
          end
          redis.call('ZREMRANGEBYRANK', ids, 0, -KNOWN_IDS - 1)
        end
        if aside ~= '' then
          set_aside(id, seat, seq, aside)
        end
        if seq % SCREEN_EVERY == 0 and not for_nobody then
          redis.call('SADD', 'rooms:screen', id)
        end
        event = {'message', '', id, tonumber(seat), seq, frame}
      end
    elseif kind == 'a' then
      seq = tonumber(room[2])
      set_aside(id, seat, seq, aside)
    elseif kind == 's' then
      local agreed = redis.call('HMGET', key, '1:direct', '2:direct')
      seq = 1
      if first == 'agreed' and (agreed[1] ~= '1' or agreed[2] ~= '1') then
        seq = -1
      else
        event = {'signal', '', id, tonumber(seat), second}
      end
    elseif kind == 'v' then
      seq = 1
      redis.call('HSET', key, seat .. ':media', first)
      if second ~= '' then
        redis.call('HSET', key, seat .. ':direct', second)
      end
      local direct = redis.call('HGET', key, seat .. ':direct') or ''
      event = {'media', '', id, tonumber(seat), first .. direct}
    else
      seq = 1
      event = {first, '', id, tonumber(seat), second == '1'}
    end
    if event and not for_nobody then
      for other = 0, 2 do
        local to = room[3 + other]
        if to and to ~= '' and to ~= conn then
          if string.sub(to, 1, #own) == own then
            here[#here + 1] = to
          else
            local there = string.match(to, '^[^:]+')
            local copy = {unpack(event)}
            copy[2] = to
            outgoing[there] = outgoing[there] or {}
            table.insert(outgoing[there], copy)
          end
        end
      end
    end
  end
  local frame = event and (is_question or #here > 0 and kind == 'm') and event[6]
    or kind == 'v' and event and event[5] or ''
  reply[index] = {seq, frame, here}
end
for there, events in pairs(outgoing) do
  redis.call('PUBLISH', 'process:' .. there, cmsgpack.pack(events))
end
return cmsgpack.pack(reply)
