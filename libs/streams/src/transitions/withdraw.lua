-- Purpose: a member takes itself out of placement, and learns what it still holds.
-- KEYS: 1 partition prefix
-- ARGV: 1 member
-- Status: withdrawn <owned conversations> <entries>
redis.call('ZREM', base .. 'load', ARGV[1])
if redis.call('HGET', base .. 'workers', ARGV[1]) == 'active' then redis.call('HSET', base .. 'workers', ARGV[1], 'draining') end
return { 'withdrawn', redis.call('SCARD', owned_key(ARGV[1])), redis.call('XLEN', inbox_key(ARGV[1])) }
