-- Purpose: marks a suspect head as started and counts its deliveries, before it is shown (A17).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 seq
-- Status: started <deliveries>: how often this head was started, this time included
--         stale: not this member's, or not the head
--         gone: there is no such record
local member_standing = standing(ARGV[2], ARGV[1], ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(ARGV[2])
local held = redis.call('HMGET', key, 'done', 'started')
if tonumber(held[1]) + 1 ~= tonumber(ARGV[4]) then return { 'stale' } end
local seq, deliveries = string.match(held[2] or '', '^(%d+):(%d+)$')
deliveries = seq == ARGV[4] and deliveries + 1 or 1
redis.call('HSET', key, 'started', ARGV[4] .. ':' .. deliveries)
return { 'started', deliveries }
