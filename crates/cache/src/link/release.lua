-- Gives up a lease, if it is still the owner's.
-- KEYS: lease. ARGV: owner.
local owner = redis.pcall('GET', KEYS[1])
if owner == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
return 1
