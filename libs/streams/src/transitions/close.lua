-- Purpose: ends a conversation's life when nothing of it is unsettled (A15).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 chat id ('' when it never had a session)
-- Status: closed: the record is forgotten
--         pending: a message came meanwhile; nothing changed
--         stale: not this member's, or another session
--         gone: there is no such record (the answer to a repeated close)
local member, id = ARGV[1], ARGV[2]
local member_standing = standing(id, member, ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(id)
local held = redis.call('HMGET', key, SEQ, DONE, CHAT)
if (held[3] or '') ~= ARGV[4] then return { 'stale' } end
if held[1] ~= held[2] then return { 'pending' } end
redis.call('DEL', key)
redis.call('SREM', owned_key(member), id)
count_session(member, -1)
return { 'closed' }
