-- The pool of those who wait. Sourced before every script that touches it; needs clock.lua.
--
-- A pool is a name; strangers of different pools never meet. Keys:
--   ticket:<visitor>              hash: the wish (see `ticket_read`); one per visitor
--   pool:<pool>:tickets           sorted set: who waits, by `since`
--   pool:<pool>:any:<tongue>      sorted set: who takes anyone, by `since`
--   pool:<pool>:soon:<tongue>     sorted set: who lingers (takes anyone but another one who lingers),
--                                 by how often their interests are wished for
--   pool:<pool>:i:<tongue>:<interest>  sorted set: who waits with that interest, by `since`
--   pool:<pool>:every:<tongue>    sorted set: who would discuss, by `since`, whatever their interests
--   pools                         set: every pool that has been used
--   tickets:due                   sorted set: when a ticket's wish widens next
--   interest:<interest>           how often it was wished for lately
--   blocked:<visitor>             set: whom they never meet again, whoever of the two wanted that
--   blocks:<visitor>              set: whom of them they blocked themselves, which they may undo
--   reported:<visitor>            set: whom of them they reported, or who reported them: that stays
--   parted:<visitor>              sorted set: whom they parted from, by when
--   waits:<role>                  list: how long those who asked and discussed lately had waited
-- A ticket that names languages stands under each of them, one that names none under "-", and all
-- under "*". One that names some looks under its own and "-"; one that names none looks under "*".
--
-- A pool is named `<mode>:<role>:…`. Those who would discuss are met by another one and by one who
-- asks, of the pool that differs in the role alone: all three at once, or nobody.
--
-- Times are milliseconds of Redis TIME. The caller's script defines `on_pair` and `on_triple` before
-- it pairs.

local POOL_SCAN = 16           -- how many of each index a search looks at, longest wait first
local POOL_SCAN_LEAST = 6      -- and at least, when there are many indexes
local POOL_SEEN = 32           -- about how many it is shown in all
local POOL_LOOK = 64           -- how many candidates it considers in all
local POOL_LANGUAGE_PATIENCE = 3   -- patiences after which the language wish is dropped
local POOL_LINGER_PATIENCE = 0.25   -- patiences that two linger before they take each other (ADR 13)
local POOL_FEW = 14            -- among so many others nobody lingers
local POOL_PARTED_MS = 300000  -- how long a parted pair stays apart while others are there
local POOL_PARTED_ALONE_MS = 1000  -- and while nobody else waits
local POOL_POPULAR_SECONDS = 900
local POOL_CLOSED_MS = 1000    -- how soon a ticket is looked at again for which nobody was sought
local POOL_TRIPLES = 512       -- how much a search for three looks up, finds, reads and weighs in all
local POOL_ASKERS = 32         -- among how many who ask it chooses
local POOL_WAITS = 20          -- how many waits of each role are remembered
local FOREVER = 9e15

local on_pair, on_triple
-- About how many commands were run: those whose number depends on tickets are counted.
local pool_work = 0
-- Set by a script whose caller may not let anybody meet: tickets are kept, nobody is paired.
local pool_closed = false

local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^\n]+') do
    parts[#parts + 1] = part
  end
  return parts
end

local function pool_role(pool)
  return string.match(pool, '^%a+:(%a+):')
end

-- When those whose patience ended take each other: two who chat linger, unless they asked for anyone.
local function ticket_settle_at(ticket)
  if ticket.role ~= 'chat' or ticket.any_at < ticket.since + ticket.patience then
    return ticket.any_at
  end
  return ticket.any_at + POOL_LINGER_PATIENCE * ticket.patience
end

-- Gives the ticket, or nil. `interests`, `languages`: lists, `languages` empty once dropped;
-- `spoken`: the languages as first named; `any_at`, `settle_at`, `drop_at`: when it takes anyone, also
-- somebody who lingers, and drops the language wish; `open`, `settled`: whether it stands so in the
-- indexes; `wished`: how often its interests had been wished for when it came; `stamp`: `since` as text,
-- which Redis would make of it for each index. Where its place in the indexes is not that of its wish:
-- `stands`, its scores by index ({}: it stands in none).
local function ticket_read(visitor, now)
  local raw = redis.call('HMGET', 'ticket:' .. visitor,
    'pool', 'interests', 'languages', 'since', 'any_at', 'drop_at', 'patience', 'open', 'dropped',
    'carry', 'wished')
  if not raw[1] then
    return nil
  end
  local ticket = {
    visitor = visitor, pool = raw[1], role = pool_role(raw[1]),
    interests = split(raw[2]), spoken = split(raw[3]),
    since = tonumber(raw[4]), stamp = raw[4], any_at = tonumber(raw[5]), drop_at = tonumber(raw[6]),
    patience = tonumber(raw[7]), open = raw[8] ~= '0', settled = raw[8] == '2',
    dropped = raw[9] == '1', carry = raw[10], wished = tonumber(raw[11]),
  }
  ticket.settle_at = ticket_settle_at(ticket)
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
    if ticket.settled then
      visit(prefix .. ':any:' .. tongue, ticket.stamp)
    elseif ticket.open then
      visit(prefix .. ':soon:' .. tongue, ticket.wished)
    end
    if ticket.role == 'discuss' then
      visit(prefix .. ':every:' .. tongue, ticket.stamp)
    end
    for _, interest in ipairs(ticket.interests) do
      visit(prefix .. ':i:' .. tongue .. ':' .. interest, ticket.stamp)
    end
  end
  visit(prefix .. ':tickets', ticket.stamp)
end

-- Puts the ticket where its wish belongs, and takes it away from where else it stands.
local function pool_insert(ticket)
  local stands = ticket.stands or {}
  each_index(ticket, function(key, score)
    if stands[key] ~= score then
      pool_work = pool_work + 1
      redis.call('ZADD', key, score, ticket.visitor)
    end
    stands[key] = nil
  end)
  for key in pairs(stands) do
    pool_work = pool_work + 1
    redis.call('ZREM', key, ticket.visitor)
  end
  ticket.stands = nil
end

-- Leaves the ticket where it stands, whatever becomes of its wish.
local function pool_stay(ticket)
  local stands = {}
  each_index(ticket, function(key, score)
    stands[key] = score
  end)
  ticket.stands = stands
end

local function pool_withdraw(ticket)
  local function leave(key)
    pool_work = pool_work + 1
    redis.call('ZREM', key, ticket.visitor)
  end
  if ticket.stands then
    for key in pairs(ticket.stands) do
      leave(key)
    end
  else
    each_index(ticket, leave)
  end
  redis.call('ZREM', 'tickets:due', ticket.visitor)
  ticket.stands = {}
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

-- Notes that the block is one's own.
local function block_note(visitor, other, seconds)
  redis.call('SADD', 'blocks:' .. visitor, other)
  redis.call('EXPIRE', 'blocks:' .. visitor, seconds)
end

-- Notes that one of the two reported the other.
local function report_note(a, b, seconds)
  for one, other in pairs({[a] = b, [b] = a}) do
    redis.call('SADD', 'reported:' .. one, other)
    redis.call('EXPIRE', 'reported:' .. one, seconds)
  end
end

-- Undoes a visitor's own blocks. Whom the other one blocked too, or one of them reported, they still
-- never meet.
local function blocks_undo(visitor)
  for _, other in ipairs(redis.call('SMEMBERS', 'blocks:' .. visitor)) do
    if redis.call('SISMEMBER', 'blocks:' .. other, visitor) == 0
      and redis.call('SISMEMBER', 'reported:' .. visitor, other) == 0 then
      redis.call('SREM', 'blocked:' .. visitor, other)
      redis.call('SREM', 'blocked:' .. other, visitor)
    end
  end
  redis.call('DEL', 'blocks:' .. visitor)
end

local function pair_parted(a, b, now)
  for one, other in pairs({[a] = b, [b] = a}) do
    redis.call('ZREMRANGEBYSCORE', 'parted:' .. one, 0, now - POOL_PARTED_MS)
    redis.call('ZADD', 'parted:' .. one, now, other)
    redis.call('PEXPIRE', 'parted:' .. one, POOL_PARTED_MS)
  end
end

-- Widens the wish to what its age allows; `pool_settle` is to follow. Gives whether that is anything
-- that its visitor is told.
local function ticket_widen(ticket, now)
  local open, settled = now >= ticket.any_at, now >= ticket.settle_at
  local dropped = now >= ticket.drop_at and #ticket.spoken > 0
  local widened = open ~= ticket.open or dropped ~= ticket.dropped
  if not widened and settled == ticket.settled then
    return false
  end
  ticket.open, ticket.settled, ticket.dropped = open, settled, dropped
  if dropped then
    ticket.languages = {}
  end
  redis.call('HSET', 'ticket:' .. ticket.visitor, 'open', settled and '2' or open and '1' or '0',
    'dropped', dropped and '1' or '0')
  return widened
end

-- Where those stand who speak with somebody who insists on these languages.
local function tongues_sought(languages)
  return #languages > 0 and {'-', unpack(languages)} or {'*'}
end

-- How often each of the ticket's interests was wished for lately.
local function wishes_read(ticket)
  if not ticket.wishes and #ticket.interests > 0 then
    local keys = {}
    for at, interest in ipairs(ticket.interests) do
      keys[at] = 'interest:' .. interest
    end
    ticket.wishes = redis.call('MGET', unpack(keys))
    for at = 1, #keys do
      ticket.wishes[at] = tonumber(ticket.wishes[at] or 1)
    end
  end
  return ticket.wishes
end

-- Their score where they were seen first. Redis takes four times as long to give members with scores.
local function candidate_since(candidate)
  if not candidate.since then
    candidate.since = tonumber(redis.call('ZSCORE', candidate.key, candidate.visitor))
  end
  return candidate.since
end

local function candidate_before(a, b)
  if a.score ~= b.score then
    return a.score > b.score
  end
  if a.key == b.key then
    return a.at < b.at
  end
  if candidate_since(a) ~= candidate_since(b) then
    return a.since < b.since
  end
  return a.visitor < b.visitor
end

local function candidate_at(list, at, part)
  return {visitor = list[at], key = list.keys[part], at = at, score = list.scores[list[at]]}
end

-- Gives the best of what `candidates_find` gave, or nil.
local function candidates_first(list)
  local best, start, scores = nil, 1, list.scores
  for part, last in ipairs(list.lasts) do
    local at, score = start, scores[list[start]]
    for other = start + 1, last do
      if scores[list[other]] > score then
        at, score = other, scores[list[other]]
      end
    end
    if not best or score >= best.score then
      local candidate = candidate_at(list, at, part)
      if not best or candidate_before(candidate, best) then
        best = candidate
      end
    end
    start = last + 1
  end
  return best
end

-- Iterates over them, best first. Mostly the first one is taken, and never more than a few: where they
-- were seen they stand in order, so the others are merged as they are asked for.
local function candidates_ranked(list)
  local rank, ranked, scores = 0, list.ranked, list.scores
  -- Of each part: its number, its places in order, how far it is used, and its best one.
  local function parts_sort()
    local parts, start = {}, 1
    for number, last in ipairs(list.lasts) do
      local places = {}
      for at = start, last do
        places[at - start + 1] = at
      end
      table.sort(places, function(a, b)
        local one, other = scores[list[a]], scores[list[b]]
        return one > other or one == other and a < b
      end)
      parts[number] = {number = number, places = places, used = 1, best = candidate_at(list, places[1], number)}
      start = last + 1
    end
    table.sort(parts, function(a, b)
      return candidate_before(a.best, b.best)
    end)
    return parts
  end
  local function following()
    if not list.parts then
      list.parts = parts_sort()
    end
    local parts = list.parts
    local part = parts[1]
    local best = part.best
    part.used = part.used + 1
    if not part.places[part.used] then
      table.remove(parts, 1)
      return best
    end
    part.best = candidate_at(list, part.places[part.used], part.number)
    local at = 1
    while parts[at + 1] and candidate_before(parts[at + 1].best, part.best) do
      parts[at] = parts[at + 1]
      at = at + 1
    end
    parts[at] = part
    return best
  end
  return function()
    rank = rank + 1
    if not list[rank] or rank > POOL_LOOK then
      return nil
    end
    if rank == 1 then
      ranked[1] = ranked[1] or candidates_first(list)
    elseif not ranked[rank] then
      if rank == 2 then
        following()  -- the first one again
      end
      ranked[rank] = following()
    end
    return rank, ranked[rank]
  end
end

-- Collects who stands in a pool under these tongues and the ticket's interests, or without them in one
-- of its other indexes (`any`: who takes anyone); for `candidates_ranked`, by which come first: most
-- shared interests, then the rarer ones, then who waited longest (of those who linger, who has least
-- to hope for). `deep`: it looks further where all tongues stand together. Gives them, with where each
-- was seen first (`keys`, and up to which one it was there: `lasts`), and at how many indexes it looked:
-- the more there are, the less of each.
local function candidates_find(ticket, pool, index, tongues, deep)
  local list, scores, keys, lasts, size = {}, {}, {}, {}, 0
  list.scores, list.keys, list.lasts, list.ranked = scores, keys, lasts, {}
  local wanted = index and {''} or ticket.interests
  local wishes = not index and wishes_read(ticket)
  local looks = #wanted * #tongues
  local scan = math.max(POOL_SCAN_LEAST, math.min(POOL_SCAN, math.floor(POOL_SEEN / looks)))
  -- Redis makes texts of numbers slowly.
  local usual, deepest = string.format('%d', scan - 1), deep and index and string.format('%d', POOL_LOOK - 1)
  local prefix = 'pool:' .. pool .. (index and ':' .. index .. ':' or ':i:')
  -- Who names no language stands under no other tongue but "*".
  local repeating = #tongues > (tongues[1] == '-' and 2 or 1)
  for at, interest in ipairs(wanted) do
    local tail, weight = '', 0
    if not index then
      -- Ten rarities together stay below one shared interest.
      local wished = wishes[at]
      tail, weight = ':' .. interest, 1 + 0.09 / wished
    end
    local counted = repeating and {}
    for _, tongue in ipairs(tongues) do
      local key = prefix .. tongue .. tail
      local last = tongue == '*' and deepest or usual
      local before = size
      for _, visitor in ipairs(redis.call('ZRANGE', key, '0', last)) do
        if visitor ~= ticket.visitor and not (counted and counted[visitor]) then
          local score = scores[visitor]
          if not score then
            size = size + 1
            list[size], score = visitor, 0
          end
          scores[visitor] = score + weight
          if counted then
            counted[visitor] = true
          end
        end
      end
      if size > before then
        keys[#keys + 1], lasts[#lasts + 1] = key, size
      end
    end
  end
  pool_work = pool_work + looks
  return list, looks
end

-- How many wait in a pool besides the ticket's visitor.
local function pool_others(ticket, pool)
  local waiting = redis.call('ZCARD', 'pool:' .. pool .. ':tickets')
  return ticket.pool == pool and next(ticket.stands) and waiting - 1 or waiting
end

-- Gives the place of the first of these visitors whom the ticket's may meet, and of the first one whom
-- they may not only because the two parted lately.
local function visitors_weigh(ticket, visitors, now)
  local blocked = redis.call('SMISMEMBER', 'blocked:' .. ticket.visitor, unpack(visitors))
  local parted = redis.call('ZMSCORE', 'parted:' .. ticket.visitor, unpack(visitors))
  local again = nil
  pool_work = pool_work + 2
  for at = 1, #visitors do
    if blocked[at] == 0 then
      if not parted[at] or parted[at] + POOL_PARTED_MS <= now then
        return at, again
      end
      again = again or at
    end
  end
  return nil, again
end

-- Gives the ticket's best partner or nil, and whether somebody was passed over only because the
-- two parted lately.
local function partner_find(ticket, now)
  local parted_seen = false
  local tongues = tongues_sought(ticket.languages)
  local indexes = {false}
  if ticket.open then
    indexes[2] = 'any'
    -- Whoever they are paired with is none of the others.
    if ticket.settled or pool_others(ticket, ticket.pool) - 1 <= POOL_FEW then
      indexes[3] = 'soon'
    end
  end
  for _, index in ipairs(indexes) do
    local list = candidates_find(ticket, ticket.pool, index, tongues)
    local best = candidates_first(list)
    if best then
      local found, parted = visitors_weigh(ticket, {best.visitor}, now)
      if found then
        return best.visitor, parted_seen
      end
      local again = parted and best
      if #list > 1 then
        local rest, names = {}, {}
        for rank, candidate in candidates_ranked(list) do
          if rank > 1 then
            rest[rank - 1], names[rank - 1] = candidate, candidate.visitor
          end
        end
        found, parted = visitors_weigh(ticket, names, now)
        if found then
          return names[found], parted_seen
        end
        again = again or rest[parted]
      end
      if again then
        local alone = pool_others(ticket, ticket.pool) - 1 <= 0
        local apart = alone and POOL_PARTED_ALONE_MS or ticket.patience
        -- Who lingers has waited for a patience.
        if index == 'soon' or now - math.min(candidate_since(again), ticket.since) >= apart then
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

-- Gives those who ask and discuss with the ticket's visitor, as tickets: {asker, first, second}; or
-- nil. And whether somebody was passed over only because two of them parted lately.
local function triple_find(ticket, now)
  -- Whether two who would sit in one room may meet, and whether they may not only because they parted
  -- lately. What somebody who discusses likes concerns the other one alone, not who asks.
  local function may_meet(a, b, now, apart)
    if a.visitor == b.visitor then
      return false, false
    end
    if #a.languages > 0 and #b.languages > 0 and #shared(a.languages, b.languages) == 0 then
      return false, false
    end
    local a_takes = a.open or b.role == 'ask'
    local b_takes = b.open or a.role == 'ask'
    if not (a_takes and b_takes) and #shared(a.interests, b.interests) == 0 then
      return false, false
    end
    if redis.call('SISMEMBER', 'blocked:' .. a.visitor, b.visitor) == 1 then
      return false, false
    end
    local parted = tonumber(redis.call('ZSCORE', 'parted:' .. a.visitor, b.visitor) or 0)
    if parted + POOL_PARTED_MS <= now or now - math.min(a.since, b.since) >= apart then
      return true, false
    end
    return false, true
  end
  -- The pools differ in the role alone.
  local asks = string.gsub(ticket.pool, '^(%a+):%a+:', '%1:ask:')
  local discusses = string.gsub(ticket.pool, '^(%a+):%a+:', '%1:discuss:')
  local asking, discussing = pool_others(ticket, asks), pool_others(ticket, discusses)
  local is_asker = ticket.role == 'ask'
  if is_asker and discussing < 2 or not is_asker and (asking < 1 or discussing < 1) then
    return nil, false
  end
  local alone = asking + discussing == 2
  local read, looked, strict, spent, parted_seen = {}, {}, true, 0, false
  local function meet(a, b)
    spent, pool_work = spent + 1, pool_work + 2
    local apart = strict and FOREVER or alone and POOL_PARTED_ALONE_MS or math.min(a.patience, b.patience)
    local ok, parted = may_meet(a, b, now, apart)
    parted_seen = parted_seen or parted
    return ok
  end
  -- Calls `try` for each whom the seeker may meet, best first, until it gives something. `tongues`:
  -- those of the seeker or, who names none, of another one in the same room; else people whom that one
  -- cannot meet would hide the others.
  local function seek(seeker, pool, indexes, tongues, try)
    for _, index in ipairs(indexes) do
      local key = table.concat({seeker.visitor, pool, index, unpack(tongues)}, '\n')
      if not looked[key] then
        local list, looks = candidates_find(seeker, pool, index ~= 'interests' and index, tongues, true)
        looked[key], spent = list, spent + looks + #list
      end
      for _, candidate in candidates_ranked(looked[key]) do
        if spent > POOL_TRIPLES then
          break
        end
        local other = read[candidate.visitor]
        if not other then
          other = ticket_read(candidate.visitor, now)
          read[candidate.visitor] = other
          spent, pool_work = spent + 1, pool_work + 1
        end
        local found = meet(seeker, other) and try(other)
        if found then
          return found
        end
      end
    end
  end
  local function seek_partner(one, tongues, try)
    return seek(one, discusses, one.open and {'interests', 'any'} or {'interests'}, tongues, try)
  end
  local function discussers_find()
    local indexes = ticket.open and {'interests', 'every'} or {'interests'}
    return seek(ticket, discusses, indexes, tongues_sought(ticket.languages), function(first)
      local languages = #first.languages > 0 and first.languages or ticket.languages
      return seek_partner(first, tongues_sought(languages), function(second)
        return meet(ticket, second) and {ticket, first, second}
      end)
    end)
  end
  local function asker_find()
    local askers, known, tongues, heard = {}, {}, {}, {}
    seek(ticket, asks, {'interests', 'any'}, tongues_sought(ticket.languages), function(asker)
      if not known[asker.visitor] then
        known[asker.visitor] = true
        askers[#askers + 1] = asker
        local languages = #ticket.languages > 0 and ticket.languages or asker.languages
        for _, tongue in ipairs(tongues_sought(languages)) do
          if not heard[tongue] and #tongues < POOL_SCAN then
            heard[tongue] = true
            tongues[#tongues + 1] = tongue
          end
        end
      end
      return #askers == POOL_ASKERS
    end)
    return #askers > 0 and seek_partner(ticket, tongues, function(other)
      for _, asker in ipairs(askers) do
        if meet(asker, other) then
          return {asker, other, ticket}
        end
      end
    end)
  end
  for _ = 1, 2 do
    local found = (is_asker and discussers_find or asker_find)()
    if found then
      return found, parted_seen
    end
    if not parted_seen then
      break
    end
    -- Once more with those who parted; what was looked up is known.
    strict, spent = false, POOL_TRIPLES / 2
  end
  return nil, parted_seen
end

-- Remembers when to look again at a ticket, unless nothing will change by itself. `is_new`: it has just
-- come, or was withdrawn.
local function ticket_schedule(ticket, now, parted_seen, is_new)
  local due = FOREVER
  local function consider(at)
    if at > now and at < due then
      due = at
    end
  end
  if not ticket.settled then
    consider(ticket.any_at)
    consider(ticket.settle_at)
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
  elseif not is_new then
    redis.call('ZREM', 'tickets:due', ticket.visitor)
  end
end

-- Seats three who were found: `on_triple(asker, first, second, common, language, all_common,
-- all_language, now)` is told what the two who discuss share and what all three do.
local function triple_settle(asker, first, second, now)
  for _, each in ipairs({asker, first, second}) do
    pool_withdraw(each)
    redis.call('DEL', 'ticket:' .. each.visitor)
    local key = 'waits:' .. each.role
    redis.call('LPUSH', key, now - each.since)
    redis.call('LTRIM', key, 0, POOL_WAITS - 1)
    redis.call('EXPIRE', key, POOL_POPULAR_SECONDS)
  end
  if first.since > second.since then
    first, second = second, first
  end
  local common = shared(first.interests, second.interests)
  local tongues = shared(first.spoken, second.spoken)
  return on_triple(asker, first, second, common, tongues[1],
    shared(common, asker.interests), shared(tongues, asker.spoken)[1], now)
end

-- Pairs the ticket with the best one who waits; or inserts it. `stands` says where it stands by now.
-- Gives what `on_pair(first, second, common, language, now)` or `on_triple` gives, or nil. The first is who
-- waited.
local function pool_settle(ticket, now)
  if pool_closed then
    pool_insert(ticket)
    redis.call('ZADD', 'tickets:due', now + POOL_CLOSED_MS, ticket.visitor)
    return nil
  end
  local other, parted_seen
  if ticket.role == 'chat' then
    other, parted_seen = partner_find(ticket, now)
  else
    other, parted_seen = triple_find(ticket, now)
  end
  if not other then
    local is_new = not next(ticket.stands)
    pool_insert(ticket)
    ticket_schedule(ticket, now, parted_seen, is_new)
    return nil
  end
  if ticket.role ~= 'chat' then
    return triple_settle(other[1], other[2], other[3], now)
  end
  local partner = ticket_read(other, now)
  pool_withdraw(partner)
  if next(ticket.stands) then
    pool_withdraw(ticket)
  end
  redis.call('DEL', 'ticket:' .. other, 'ticket:' .. ticket.visitor)
  return on_pair(partner, ticket, shared(partner.interests, ticket.interests),
    shared(partner.spoken, ticket.spoken)[1], now)
end

-- Opens a ticket and pairs it if it can. `patience`: milliseconds. A `parked` ticket is only kept:
-- nobody finds it until it is revisited. `carry`: whatever `on_pair` and `on_triple` are to find in it.
local function pool_join(visitor, pool, interests, languages, patience, now, parked, carry)
  local picky = #interests > 0
  local ticket = {
    visitor = visitor, pool = pool, role = pool_role(pool), interests = interests,
    languages = languages, spoken = languages, since = now,
    stamp = string.format('%.17g', now), any_at = picky and now + patience or now,
    drop_at = now + POOL_LANGUAGE_PATIENCE * patience, patience = patience,
    open = not picky, settled = not picky, dropped = false, carry = carry, wished = 0, wishes = {},
    stands = {},
  }
  ticket.settle_at = ticket_settle_at(ticket)
  for at, interest in ipairs(interests) do
    local wished = redis.call('INCR', 'interest:' .. interest)
    if wished == 1 then
      redis.call('EXPIRE', 'interest:' .. interest, POOL_POPULAR_SECONDS)
    end
    ticket.wishes[at] = wished
    ticket.wished = ticket.wished + wished
  end
  local card = not parked and pool_settle(ticket, now) or nil
  if not card then
    redis.call('HSET', 'ticket:' .. visitor, 'pool', pool,
      'interests', table.concat(interests, '\n'), 'languages', table.concat(languages, '\n'),
      'since', ticket.stamp, 'any_at', ticket.any_at, 'drop_at', ticket.drop_at, 'patience', patience,
      'open', picky and '0' or '2', 'dropped', '0', 'carry', carry or '', 'wished', ticket.wished)
    redis.call('SADD', 'pools', pool)
  end
  return card, ticket
end

-- Notes where a ticket stands that was read: nowhere while its visitor is away.
local function pool_stands(ticket)
  if redis.call('ZSCORE', 'pool:' .. ticket.pool .. ':tickets', ticket.visitor) then
    pool_stay(ticket)
  else
    ticket.stands = {}
  end
end

-- Looks at a waiting ticket again: widens it and pairs it if it can. Gives what `on_pair` gave or
-- nil, the ticket, and whether its wish changed.
local function pool_revisit(ticket, now)
  pool_stands(ticket)
  local widened = ticket_widen(ticket, now)
  return pool_settle(ticket, now), ticket, widened
end

-- Takes anyone from now on; one who is parked once they are back.
local function pool_relax(visitor, now)
  local ticket = ticket_read(visitor, now)
  if not ticket or ticket.open then
    return nil, ticket, false
  end
  pool_stands(ticket)
  ticket.any_at = math.min(now, ticket.any_at)
  ticket.settle_at = ticket_settle_at(ticket)
  redis.call('HSET', 'ticket:' .. visitor, 'any_at', ticket.any_at)
  local widened = ticket_widen(ticket, now)
  return next(ticket.stands) and pool_settle(ticket, now) or nil, ticket, widened
end

-- Looks again at up to `limit` tickets whose time has come, fewer when that is more than `work`; calls
-- `on_widened(ticket)` for each whose wish changed, before it is paired. Gives whether there may be more.
local function pool_sweep(limit, work, now, on_widened)
  local due = redis.call('ZRANGEBYSCORE', 'tickets:due', '-inf', now, 'LIMIT', 0, limit)
  for _, visitor in ipairs(due) do
    if pool_work >= work then
      return true
    end
    local ticket = ticket_read(visitor, now)
    if ticket then
      pool_stay(ticket)  -- who is away is not due
      if ticket_widen(ticket, now) then
        on_widened(ticket)
      end
      pool_settle(ticket, now)
    else
      redis.call('ZREM', 'tickets:due', visitor)
    end
    pool_work = pool_work + 10
  end
  return #due == limit
end
