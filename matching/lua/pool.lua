-- The pool of those who wait. Sourced before every script that touches it; needs clock.lua.
--
-- A pool is a name; strangers of different pools never meet. Keys:
--   ticket:<visitor>              hash: the wish (see `ticket_read`); one per visitor
--   pool:<pool>:tickets           sorted set: who waits, by `since`
--   pool:<pool>:any:<tongue>      sorted set: who takes anyone, by `since`
--   pool:<pool>:i:<tongue>:<interest>  sorted set: who waits with that interest, by `since`
--   pools                         set: every pool that has been used
--   tickets:due                   sorted set: when a ticket's wish widens next
--   interest:<interest>           how often it was wished for lately
--   blocked:<visitor>             set: whom they never meet again
--   parted:<visitor>              sorted set: whom they parted from, by when
-- A ticket that names languages stands under each of them, one that names none under "-", and all
-- under "*". One that names some looks under its own and "-"; one that names none looks under "*".
--
-- Times are milliseconds of Redis TIME. The caller's script defines `on_pair` before it pairs.

local POOL_SCAN = 16           -- how many of each index a search looks at, longest wait first
local POOL_LOOK = 64           -- how many candidates it considers in all
local POOL_LANGUAGE_PATIENCE = 3   -- patiences after which the language wish is dropped
local POOL_PARTED_MS = 300000  -- how long a parted pair stays apart while others are there
local POOL_PARTED_ALONE_MS = 1000  -- and while nobody else waits
local POOL_POPULAR_SECONDS = 900
local POOL_CLOSED_MS = 1000    -- how soon a ticket is looked at again for which nobody was sought
local FOREVER = 9e15

local on_pair
-- Set by a script whose caller may not let anybody meet: tickets are kept, nobody is paired.
local pool_closed = false

local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^\n]+') do
    parts[#parts + 1] = part
  end
  return parts
end

-- Gives the ticket, or nil. `interests`, `languages`: lists, `languages` empty once dropped;
-- `spoken`: the languages as first named; `any_at`, `drop_at`: when it takes anyone and drops the
-- language wish.
local function ticket_read(visitor, now)
  local raw = redis.call('HMGET', 'ticket:' .. visitor,
    'pool', 'interests', 'languages', 'since', 'any_at', 'drop_at', 'patience', 'open', 'dropped')
  if not raw[1] then
    return nil
  end
  local ticket = {
    visitor = visitor, pool = raw[1], interests = split(raw[2]), spoken = split(raw[3]),
    since = tonumber(raw[4]), any_at = tonumber(raw[5]), drop_at = tonumber(raw[6]),
    patience = tonumber(raw[7]), open = raw[8] == '1', dropped = raw[9] == '1',
  }
  ticket.languages = ticket.dropped and {} or ticket.spoken
  return ticket
end

local function pool_tongues(ticket)
  local tongues = {'*'}
  for _, language in ipairs(ticket.languages) do
    tongues[#tongues + 1] = language
  end
  if #tongues == 1 then
    tongues[2] = '-'
  end
  return tongues
end

local function each_index(ticket, visit)
  local prefix = 'pool:' .. ticket.pool
  for _, tongue in ipairs(pool_tongues(ticket)) do
    if ticket.open then
      visit(prefix .. ':any:' .. tongue)
    end
    for _, interest in ipairs(ticket.interests) do
      visit(prefix .. ':i:' .. tongue .. ':' .. interest)
    end
  end
  visit(prefix .. ':tickets')
end

local function pool_insert(ticket)
  each_index(ticket, function(key)
    redis.call('ZADD', key, ticket.since, ticket.visitor)
  end)
end

local function pool_withdraw(ticket)
  each_index(ticket, function(key)
    redis.call('ZREM', key, ticket.visitor)
  end)
  redis.call('ZREM', 'tickets:due', ticket.visitor)
end

-- Takes the visitor's ticket out for good; harmless when there is none.
local function pool_remove(visitor)
  local ticket = ticket_read(visitor)
  if ticket then
    pool_withdraw(ticket)
    redis.call('DEL', 'ticket:' .. visitor)
  end
end

local function pair_block(a, b, seconds)
  for one, other in pairs({[a] = b, [b] = a}) do
    redis.call('SADD', 'blocked:' .. one, other)
    redis.call('EXPIRE', 'blocked:' .. one, seconds)
  end
end

local function pair_parted(a, b, now)
  for one, other in pairs({[a] = b, [b] = a}) do
    redis.call('ZREMRANGEBYSCORE', 'parted:' .. one, 0, now - POOL_PARTED_MS)
    redis.call('ZADD', 'parted:' .. one, now, other)
    redis.call('PEXPIRE', 'parted:' .. one, POOL_PARTED_MS)
  end
end

-- Widens the wish to what its age allows. Gives whether anything changed; the caller re-inserts.
local function ticket_widen(ticket, now)
  local open = now >= ticket.any_at
  local dropped = now >= ticket.drop_at and #ticket.spoken > 0
  if open == ticket.open and dropped == ticket.dropped then
    return false
  end
  ticket.open, ticket.dropped = open, dropped
  if dropped then
    ticket.languages = {}
  end
  redis.call('HSET', 'ticket:' .. ticket.visitor, 'open', open and '1' or '0',
    'dropped', dropped and '1' or '0')
  return true
end

-- Collects who stands under the interests (or, with `anyone`, who takes anyone), best first:
-- most shared interests, then the rarer ones, then who waited longest.
local function candidates_find(ticket, anyone)
  local tongues = {'*'}
  if #ticket.languages > 0 then
    tongues = {'-'}
    for _, language in ipairs(ticket.languages) do
      tongues[#tongues + 1] = language
    end
  end
  local found, list = {}, {}
  local function look(head, tail, weight)
    local counted = {}
    for _, tongue in ipairs(tongues) do
      local members = redis.call('ZRANGE', head .. tongue .. tail, 0, POOL_SCAN - 1, 'WITHSCORES')
      for at = 1, #members, 2 do
        local visitor = members[at]
        if visitor ~= ticket.visitor and not counted[visitor] then
          counted[visitor] = true
          local candidate = found[visitor]
          if not candidate then
            candidate = {visitor = visitor, since = tonumber(members[at + 1]), score = 0}
            found[visitor] = candidate
            list[#list + 1] = candidate
          end
          candidate.score = candidate.score + weight
        end
      end
    end
  end
  local prefix = 'pool:' .. ticket.pool
  if anyone then
    look(prefix .. ':any:', '', 0)
  else
    for _, interest in ipairs(ticket.interests) do
      local wished = tonumber(redis.call('GET', 'interest:' .. interest) or 1)
      -- Ten rarities together stay below one shared interest.
      look(prefix .. ':i:', ':' .. interest, 1 + 0.09 / wished)
    end
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then
      return a.score > b.score
    end
    if a.since ~= b.since then
      return a.since < b.since
    end
    return a.visitor < b.visitor
  end)
  return list
end

-- Gives the ticket's best partner or nil, and whether somebody was passed over only because the
-- two parted lately.
local function partner_find(ticket, now)
  local parted_seen = false
  for _, anyone in ipairs({false, true}) do
    if not anyone or ticket.open then
      local again = nil
      for rank, candidate in ipairs(candidates_find(ticket, anyone)) do
        if rank > POOL_LOOK then
          break
        end
        local other = candidate.visitor
        if redis.call('SISMEMBER', 'blocked:' .. ticket.visitor, other) == 0 then
          local parted = tonumber(redis.call('ZSCORE', 'parted:' .. ticket.visitor, other) or 0)
          if parted + POOL_PARTED_MS <= now then
            return other, parted_seen
          end
          again = again or candidate
        end
      end
      if again then
        local others = redis.call('ZCARD', 'pool:' .. ticket.pool .. ':tickets')
          - (redis.call('ZSCORE', 'pool:' .. ticket.pool .. ':tickets', ticket.visitor) and 2 or 1)
        local apart = others > 0 and ticket.patience or POOL_PARTED_ALONE_MS
        if now - math.min(again.since, ticket.since) >= apart then
          return again.visitor, parted_seen
        end
        parted_seen = true
      end
    end
  end
  return nil, parted_seen
end

local function shared(a, b)
  local has, common = {}, {}
  for _, item in ipairs(b) do
    has[item] = true
  end
  for _, item in ipairs(a) do
    if has[item] then
      common[#common + 1] = item
    end
  end
  return common
end

-- Remembers when to look at a waiting ticket again; forgets it when nothing will change by itself.
local function ticket_schedule(ticket, now, parted_seen)
  local due = FOREVER
  local function consider(at)
    if at > now and at < due then
      due = at
    end
  end
  if not ticket.open then
    consider(ticket.any_at)
  end
  if not ticket.dropped and #ticket.spoken > 0 then
    consider(ticket.drop_at)
  end
  if parted_seen then
    consider(ticket.since + POOL_PARTED_ALONE_MS)
    consider(ticket.since + ticket.patience)
  end
  if due < FOREVER then
    redis.call('ZADD', 'tickets:due', due, ticket.visitor)
  else
    redis.call('ZREM', 'tickets:due', ticket.visitor)
  end
end

-- Pairs the ticket, which stands in no index, with the best one who waits; or inserts it.
-- Gives what `on_pair(first, second, common, language)` gives, or nil. The first is who waited.
local function pool_settle(ticket, now)
  if pool_closed then
    pool_insert(ticket)
    redis.call('ZADD', 'tickets:due', now + POOL_CLOSED_MS, ticket.visitor)
    return nil
  end
  local other, parted_seen = partner_find(ticket, now)
  if not other then
    pool_insert(ticket)
    ticket_schedule(ticket, now, parted_seen)
    return nil
  end
  local partner = ticket_read(other, now)
  pool_withdraw(partner)
  redis.call('ZREM', 'tickets:due', ticket.visitor)
  redis.call('DEL', 'ticket:' .. other, 'ticket:' .. ticket.visitor)
  return on_pair(partner, ticket, shared(partner.interests, ticket.interests),
    shared(partner.spoken, ticket.spoken)[1])
end

-- Opens a ticket and pairs it if it can. `patience`: milliseconds. A `parked` ticket is only kept:
-- nobody finds it until it is revisited.
local function pool_join(visitor, pool, interests, languages, patience, now, parked)
  local picky = #interests > 0
  local ticket = {
    visitor = visitor, pool = pool, interests = interests, languages = languages,
    spoken = languages, since = now, any_at = picky and now + patience or now,
    drop_at = now + POOL_LANGUAGE_PATIENCE * patience, patience = patience,
    open = not picky, dropped = false,
  }
  redis.call('HSET', 'ticket:' .. visitor, 'pool', pool,
    'interests', table.concat(interests, '\n'), 'languages', table.concat(languages, '\n'),
    'since', now, 'any_at', ticket.any_at, 'drop_at', ticket.drop_at, 'patience', patience,
    'open', ticket.open and '1' or '0', 'dropped', '0')
  redis.call('SADD', 'pools', pool)
  for _, interest in ipairs(interests) do
    if redis.call('INCR', 'interest:' .. interest) == 1 then
      redis.call('EXPIRE', 'interest:' .. interest, POOL_POPULAR_SECONDS)
    end
  end
  return not parked and pool_settle(ticket, now) or nil, ticket
end

-- Looks at a waiting ticket again: widens it and pairs it if it can. Gives what `on_pair` gave or
-- nil, the ticket, and whether its wish changed.
local function pool_revisit(ticket, now)
  pool_withdraw(ticket)
  local widened = ticket_widen(ticket, now)
  return pool_settle(ticket, now), ticket, widened
end

-- Takes anyone from now on.
local function pool_relax(visitor, now)
  local ticket = ticket_read(visitor, now)
  if not ticket or ticket.open then
    return nil, ticket, false
  end
  redis.call('HSET', 'ticket:' .. visitor, 'any_at', now)
  pool_withdraw(ticket)
  ticket.any_at = now
  local widened = ticket_widen(ticket, now)
  return pool_settle(ticket, now), ticket, widened
end

-- Looks again at up to `limit` tickets whose time has come; calls `on_widened(ticket)` for each
-- whose wish changed, before it is paired.
local function pool_sweep(limit, now, on_widened)
  local due = redis.call('ZRANGEBYSCORE', 'tickets:due', '-inf', now, 'LIMIT', 0, limit)
  for _, visitor in ipairs(due) do
    local ticket = ticket_read(visitor, now)
    if ticket then
      pool_withdraw(ticket)
      if ticket_widen(ticket, now) then
        on_widened(ticket)
      end
      pool_settle(ticket, now)
    else
      redis.call('ZREM', 'tickets:due', visitor)
    end
  end
  return #due
end
