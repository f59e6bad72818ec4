-- Purpose: fixes the cluster's schema version and number of partitions once, and compares ever after.
-- KEYS: 1 registry prefix
-- ARGV: 1 schema version, 2 partitions
-- Status: agreed: both are as the caller has them
--         differs <schema version> <partitions>: what the cluster was founded with
local key = base .. 'meta'
redis.call('HSETNX', key, 'schema', ARGV[1])
redis.call('HSETNX', key, 'partitions', ARGV[2])
local held = redis.call('HMGET', key, 'schema', 'partitions')
if held[1] == ARGV[1] and held[2] == ARGV[2] then return { 'agreed' } end
return { 'differs', held[1], held[2] }
