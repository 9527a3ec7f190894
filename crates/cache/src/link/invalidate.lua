-- Ends namespaces, drops values, takes leases away and tells everybody.
-- KEYS: versions of namespaces, then values and leases. ARGV: how many namespaces, a new version, version ms, channel,
-- message.
local namespaces = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
    if i <= namespaces then
        redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
    else
        redis.call('DEL', key)
    end
end
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
