-- Purpose: marks a suspect head as started and counts its deliveries, before it is shown (A17).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 seq
-- Status: started <deliveries>: how many owners have started this head, this one included; an owner counts once, however
--         often it tries or asks
--         stale: not this member's, or not the head
--         gone: there is no such record
local member_standing = standing(ARGV[2], ARGV[1], ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(ARGV[2])
local held = redis.call('HMGET', key, 'done', 'started')
if tonumber(held[1]) + 1 ~= tonumber(ARGV[4]) then return { 'stale' } end
local seq, deliveries, grant = string.match(held[2] or '', '^(%d+):(%d+):(.*)$')
if seq ~= ARGV[4] then deliveries = 0 end
if seq == ARGV[4] and grant == ARGV[3] then return { 'started', tonumber(deliveries) } end
redis.call('HSET', key, 'started', ARGV[4] .. ':' .. deliveries + 1 .. ':' .. ARGV[3])
return { 'started', deliveries + 1 }
