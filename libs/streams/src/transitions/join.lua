-- Purpose: registers a member and starts its lease. A join by the same instance and role proves the former one dead (A10).
--          Founds the cluster again where Redis has lost that: nobody else may found it otherwise under its members.
-- KEYS: 1 registry prefix
-- ARGV: 1 member, 2 lease in ms, 3 instance ('' when the platform promises none), 4 role, 5 schema version, 6 partitions,
--       then name and value of each other field
-- Status: joined: it has a lease now
--         differs <schema version> <partitions>: what the cluster was founded with; nothing changed
--         evicted: its lease has ended before; this member never comes back
local member, role, now = ARGV[1], ARGV[4], now_ms()
redis.call('HSETNX', base .. 'meta', 'schema', ARGV[5])
redis.call('HSETNX', base .. 'meta', 'partitions', ARGV[6])
local founded = redis.call('HMGET', base .. 'meta', 'schema', 'partitions')
if founded[1] ~= ARGV[5] or founded[2] ~= ARGV[6] then return { 'differs', founded[1], founded[2] } end
local until_ms = redis.call('ZSCORE', base .. 'members', member)
if until_ms and tonumber(until_ms) <= now then return { 'evicted' } end
if ARGV[3] ~= '' then
  local slot = ARGV[3] .. ':' .. role
  local former = redis.call('HGET', base .. 'instances', slot)
  if former and former ~= member then
    local former_until = redis.call('ZSCORE', base .. 'members', former)
    if former_until and tonumber(former_until) > now then
      redis.call('ZADD', base .. 'members', whole(now), former)
      redis.call('HSET', base .. 'member:' .. former, 'state', 'dead', 'cause', 'same-instance')
    end
  end
  redis.call('HSET', base .. 'instances', slot, member)
  redis.call('HSET', base .. 'member:' .. member, 'slot', slot)
end
redis.call('ZADD', base .. 'members', whole(now + tonumber(ARGV[2])), member)
redis.call('HSET', base .. 'member:' .. member, 'role', role, 'state', 'active', 'sessions', 0, 'lease', ARGV[2], unpack(ARGV, 7))
return { 'joined' }
