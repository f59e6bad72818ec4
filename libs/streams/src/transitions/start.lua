-- Purpose: marks a suspect head as started and counts its deliveries, before it is shown (A17).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 seq, 5 '1' to take the caller's delivery back: it tried, and lives, else '0'
-- Status: started <deliveries>: how many owners have started this head and not taken it back; an owner counts once, however
--         often it asks
--         stale: not this member's, or not the head
--         gone: there is no such record
local member_standing = standing(ARGV[2], ARGV[1], ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(ARGV[2])
local held = redis.call('HMGET', key, DONE, STARTED)
if tonumber(held[1]) + 1 ~= tonumber(ARGV[4]) then return { 'stale' } end
local seq, deliveries, grant = string.match(held[2] or '', '^(%d+):(%d+):(.*)$')
if seq ~= ARGV[4] then deliveries, grant = 0, '' end
deliveries = tonumber(deliveries)
local is_counted, is_survived = grant == ARGV[3], ARGV[5] == '1'
if is_counted ~= is_survived then return { 'started', deliveries } end
if is_survived then deliveries, grant = deliveries - 1, '' else deliveries, grant = deliveries + 1, ARGV[3] end
redis.call('HSET', key, STARTED, ARGV[4] .. ':' .. deliveries .. ':' .. grant)
return { 'started', deliveries }
