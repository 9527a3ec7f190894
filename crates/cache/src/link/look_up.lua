-- Finds a value, or takes the lease for loading it.
-- KEYS: value, lease, version of the namespace. ARGV: owner, lease ms, a new version, version ms, value must last ms.
-- Returns {1, value, ms left}, {2, version} with the lease taken, or {3} when somebody else has it.
local version = redis.pcall('GET', KEYS[3])
if type(version) ~= 'string' or #version ~= #ARGV[3] then
    version = ARGV[3]
    redis.call('SET', KEYS[3], version, 'PX', ARGV[4])
end
local value = redis.pcall('GET', KEYS[1])
if type(value) == 'string' and string.sub(value, 1, #version) == version then
    local left = redis.call('PTTL', KEYS[1])
    if left > tonumber(ARGV[5]) then
        return {1, value, left}
    end
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return {2, version}
end
-- A lease that never ends is none of ours.
if redis.call('PTTL', KEYS[2]) < 0 then
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
    return {2, version}
end
return {3}
