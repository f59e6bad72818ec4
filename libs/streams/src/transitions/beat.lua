-- Purpose: renews a member's lease and reports its state; an ended lease is never renewed (A10).
-- KEYS: 1 registry prefix
-- ARGV: 1 member, 2 lease in ms, 3 state, 4 sessions, 5 pending
-- Status: renewed <order>: the lease runs again; order is '' or what a leader asks for: shed once, drain until the
--         member reports that it drains, because an answer may be lost
--         evicted: the lease has ended, or the member is unknown
local member, now = ARGV[1], now_ms()
local until_ms = redis.call('ZSCORE', base .. 'members', member)
if not until_ms or tonumber(until_ms) <= now then return { 'evicted' } end
local key = base .. 'member:' .. member
redis.call('ZADD', base .. 'members', whole(now + tonumber(ARGV[2])), member)
local order = redis.call('HGET', key, 'order') or ''
local is_draining = order == 'drain' and ARGV[3] == 'draining'
if is_draining or (order ~= '' and order ~= 'drain') then redis.call('HDEL', key, 'order') end
if is_draining then order = '' end
redis.call('HSET', key, 'state', ARGV[3], 'sessions', ARGV[4], 'pending', ARGV[5])
return { 'renewed', order }
