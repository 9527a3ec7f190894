-- Counts one call under all its policies, or under none when one of them refuses.
-- KEYS: a window for each policy. ARGV: for each, its calls and its period in milliseconds.
-- Answers for each: 1 if it lets the call through, the calls counted, and the milliseconds that are left.
local answer, windows, refused = {}, {}, false
for i, key in ipairs(KEYS) do
  local limit, period = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  -- What is no number, or has no end, or ends later than any window does, was not written here: the window begins anew.
  local found = redis.pcall('GET', key)
  local calls = type(found) == 'string' and tonumber(found) or nil
  local left = redis.call('PTTL', key)
  local fresh = not calls or left <= 0 or left > period
  if fresh then
    calls, left = 0, period
  end
  local allowed = calls < limit
  refused = refused or not allowed
  windows[i] = { fresh, calls, left, allowed }
end
for i, key in ipairs(KEYS) do
  local fresh, calls, left, allowed = unpack(windows[i])
  if not refused then
    calls = calls + 1
    if fresh then
      redis.call('SET', key, calls, 'PX', left)
    else
      redis.call('INCR', key)
    end
  end
  answer[#answer + 1] = allowed and 1 or 0
  answer[#answer + 1] = calls
  answer[#answer + 1] = left
end
return answer
