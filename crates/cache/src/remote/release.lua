-- Gives up a lease, if it is still the owner's.
-- KEYS: lease. ARGV: owner.
local lease = redis.pcall('GET', KEYS[1])
-- The version that it was given under comes first.
if type(lease) == 'string' and string.sub(lease, -#ARGV[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
return 1
