-- Purpose: ends a member's lease now: it left by itself, or its death is proved. Written before anybody acts on it (A10).
-- KEYS: 1 registry prefix
-- ARGV: 1 member, 2 state (left, dead), 3 cause
-- Status: ended: the lease is over
--         unknown: there is no such member, or its lease had ended already
local member, now = ARGV[1], now_ms()
local until_ms = redis.call('ZSCORE', base .. 'members', member)
if not until_ms or tonumber(until_ms) <= now then return { 'unknown' } end
redis.call('ZADD', base .. 'members', whole(now), member)
redis.call('HSET', base .. 'member:' .. member, 'state', ARGV[2], 'cause', ARGV[3])
return { 'ended' }
