-- Purpose: compares and sets the chat session's handle of a conversation (A6), and whom its user data names.
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 previous chat id ('' for none), 5 chat id, 6 secure key, 7 user id, 8 alias,
--       9 server, 10 customer ('' where it is the conversation's own id at the hub), 11 business,
--       12 posts of the head that earlier sessions showed, 13 application that the session's user data names ('' for none)
-- Status: opened: stored, or was stored already
--         stale: not this member's, or the previous session is not the one named; the caller disconnects what it made
--         gone: there is no such record
local member_standing = standing(ARGV[2], ARGV[1], ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(ARGV[2])
local chat = redis.call('HGET', key, CHAT) or ''
if chat == ARGV[5] then
  redis.call('HSET', key, GRANT, ARGV[3])
  if ARGV[13] ~= '' then redis.call('HSET', key, APP, ARGV[13]) end
  return { 'opened' }
end
if chat ~= ARGV[4] then return { 'stale' } end
redis.call('HSET', key, CHAT, ARGV[5], KEY, ARGV[6], USER, ARGV[7], ALIAS, ARGV[8], SERVER, server_place(ARGV[9]),
  BUSINESS, ARGV[11], SHOWN, 0, ANSWERED, 0)
redis.call('HDEL', key, PENDING, PARTS, APP, CUSTOMER)
if ARGV[10] ~= '' then redis.call('HSET', key, CUSTOMER, ARGV[10]) end
if ARGV[12] ~= '0' then redis.call('HSET', key, PARTS, ARGV[12]) end
if ARGV[13] ~= '' then redis.call('HSET', key, APP, ARGV[13]) end
return { 'opened' }
