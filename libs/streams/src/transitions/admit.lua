-- Purpose: lets a member into the partition's view, or changes its state there.
-- KEYS: 1 partition prefix
-- ARGV: 1 holder, 2 token, 3 member, 4 state (active, draining, full), 5 tie (fraction below 1 that breaks equal loads)
-- Status: admitted: the view says so now
--         evicted: the member was taken out before and never comes back
--         unheld: the caller does not lead this partition
if not leads(ARGV[1], ARGV[2]) then return { 'unheld' } end
local member, state = ARGV[3], ARGV[4]
local known = redis.call('HGET', base .. 'workers', member) or ''
if string.sub(known, 1, 7) == 'evicted' then return { 'evicted' } end
redis.call('HSET', base .. 'workers', member, state)
if state ~= 'active' then
  redis.call('ZREM', base .. 'load', member)
elseif not redis.call('ZSCORE', base .. 'load', member) then
  redis.call('ZADD', base .. 'load', redis.call('SCARD', owned_key(member)) + tonumber(ARGV[5]), member)
end
return { 'admitted' }
