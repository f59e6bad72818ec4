-- Purpose: takes a member out of the partition for good.
-- KEYS: 1 partition prefix
-- ARGV: 1 holder, 2 token, 3 member, 4 ms that new owners must still wait before they reconcile, 5 cause
-- Status: evicted: it is out, now or before
--         barrier <ms>: after a change of server nothing is evicted for that long (A12)
--         unheld: the caller does not lead this partition
if not leads(ARGV[1], ARGV[2]) then return { 'unheld' } end
local member, now = ARGV[3], now_ms()
local barrier = tonumber(redis.call('HGET', base .. 'leader', 'barrier') or '0')
if barrier > now then return { 'barrier', whole(barrier - now) } end
local known = redis.call('HGET', base .. 'workers', member) or ''
if string.sub(known, 1, 7) ~= 'evicted' then
  redis.call('HSET', base .. 'workers', member, 'evicted ' .. whole(now + tonumber(ARGV[4])))
  redis.call('ZREM', base .. 'load', member)
  journal('evicted', ARGV[5], '', member, '', '')
end
return { 'evicted' }
