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
local lease = version .. ARGV[1]
if redis.call('SET', KEYS[2], lease, 'NX', 'PX', ARGV[2]) then
    return {2, version}
end
-- A lease is none when its namespace has ended since, because then nothing can be filled in under it, and when it never
-- ends.
local taken = redis.pcall('GET', KEYS[2])
local lasts = redis.call('PTTL', KEYS[2])
local current = type(taken) == 'string' and string.sub(taken, 1, #version) == version
if not current or lasts < 0 then
    redis.call('SET', KEYS[2], lease, 'PX', ARGV[2])
    return {2, version}
end
return {3}
