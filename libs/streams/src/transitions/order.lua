-- Purpose: leaves an order for a member, which its next beat takes along.
-- KEYS: 1 registry prefix
-- ARGV: 1 member, 2 order (drain, or shed <n>)
-- Status: ordered: it is stored
--         unknown: the member's lease has ended
local until_ms = redis.call('ZSCORE', base .. 'members', ARGV[1])
if not until_ms or tonumber(until_ms) <= now_ms() then return { 'unknown' } end
redis.call('HSET', base .. 'member:' .. ARGV[1], 'order', ARGV[2])
return { 'ordered' }
