-- Puts every key that a script names under KEYS[1], this copy's hash tag: a cluster keeps them on one
-- node, so that a script can have all of them. `omegle.lib.cluster` does it for what is called from Python.
local redis = (function(plain, tag)
  local none = {PUBLISH = true, TIME = true}
  local every = {DEL = true, EXISTS = true, MGET = true}
  local two = {COPY = true, RENAME = true, SMOVE = true}
  return setmetatable({call = function(command, ...)
    local args = {...}
    local keys = none[command] and 0 or every[command] and #args or two[command] and 2 or 1
    for at = 1, keys do
      args[at] = tag .. args[at]
    end
    return plain.call(command, unpack(args))
  end}, {__index = plain})
end)(redis, KEYS[1])
