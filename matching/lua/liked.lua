-- Which interests many people have at the moment. Sourced before the script that opens tickets.
--
--   liked:<group>:<hour>             sorted set: interests, by how many people named them
--   liked:<group>:<hour>:<interest>  sketch of who did (HyperLogLog): nobody can be read out of it
--
-- People are told apart by their address tag, so that many cookies of one browser count once.

local LIKED_SECONDS = 7200

-- The sketch says of nobody twice that they are new, so that the count is never too high.
local function interests_liked(pool, address, interests, now)
  local group, lane = string.match(pool, '^%a+:%a+:(.+):(%a+)$')
  -- Those of the moderated lane suggest nothing to anybody.
  if lane ~= 'open' then
    return
  end
  local ranking = 'liked:' .. group .. ':' .. math.floor(now / 3600000)
  for _, interest in ipairs(interests) do
    local sketch = ranking .. ':' .. interest
    if redis.call('PFADD', sketch, address) == 1 then
      redis.call('EXPIRE', sketch, LIKED_SECONDS)
      redis.call('ZINCRBY', ranking, 1, interest)
      redis.call('EXPIRE', ranking, LIKED_SECONDS)
    end
  end
end
