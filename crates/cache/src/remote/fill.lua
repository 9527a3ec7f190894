-- Keeps a value that was loaded under a lease, unless it was invalidated or the lease has ended.
-- KEYS: value, lease, version of the namespace. ARGV: owner, version, frame, ms.
local lease = redis.pcall('GET', KEYS[2])
if lease ~= ARGV[2] .. ARGV[1] then
    return 0
end
redis.call('DEL', KEYS[2])
local version = redis.pcall('GET', KEYS[3])
if version ~= ARGV[2] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3], 'PX', ARGV[4])
return 1
