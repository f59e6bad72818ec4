-- Purpose: compares and sets the chat session's handle of a conversation (A6), and whom its user data names.
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 previous chat id ('' for none), 5 chat id, 6 secure key, 7 user id,
--       8 alias, 9 server, 10 customer, 11 business, 12 posts of the head that earlier sessions showed,
--       13 application that the session's user data names ('' for none)
-- Status: opened: stored, or was stored already
--         stale: not this member's, or the previous session is not the one named; the caller disconnects what it made
--         gone: there is no such record
local member_standing = standing(ARGV[2], ARGV[1], ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(ARGV[2])
local chat = redis.call('HGET', key, 'chat') or ''
if chat == ARGV[5] then
  redis.call('HSET', key, 'grant', ARGV[3])
  if ARGV[13] ~= '' then redis.call('HSET', key, 'app', ARGV[13]) end
  return { 'opened' }
end
if chat ~= ARGV[4] then return { 'stale' } end
redis.call('HSET', key, 'chat', ARGV[5], 'key', ARGV[6], 'user', ARGV[7], 'alias', ARGV[8], 'server', ARGV[9],
  'customer', ARGV[10], 'business', ARGV[11], 'shown', 0, 'answered', 0)
redis.call('HDEL', key, 'pending', 'parts', 'app')
if ARGV[12] ~= '0' then redis.call('HSET', key, 'parts', ARGV[12]) end
if ARGV[13] ~= '' then redis.call('HSET', key, 'app', ARGV[13]) end
return { 'opened' }
