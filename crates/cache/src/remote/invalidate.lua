-- Ends namespaces, drops values, takes leases away and tells everybody. It only deletes, which a full Redis allows too:
-- a namespace without a version gets a new one.
-- KEYS: versions of namespaces, values and leases. ARGV: channel, message.
for _, key in ipairs(KEYS) do
    redis.call('DEL', key)
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
