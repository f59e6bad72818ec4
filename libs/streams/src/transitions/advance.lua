-- Purpose: stores how many agent messages of a session the hub has accepted; only grows (A6).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 chat id, 5 answered, 6 alias, 7 server,
--       8 why the hub refused the last of them ('' when it did not), 9 that message as JSON; it goes to the dead letters,
--       10 what the next reply has already brought to the hub ('' for nothing)
-- Status: advanced <answered>: the count as it stands now
--         stale: not this member's, or another session
--         gone: there is no such record
local member_standing = standing(ARGV[2], ARGV[1], ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(ARGV[2])
local held = redis.call('HMGET', key, CHAT, ANSWERED)
if held[1] ~= ARGV[4] then return { 'stale' } end
local is_news = tonumber(ARGV[5]) > tonumber(held[2] or '0')
if is_news and ARGV[8] ~= '' then
  dead_letter({ reason = 'reply-rejected', id = ARGV[2], seq = ARGV[5], attempts = 1, detail = ARGV[8], payload = ARGV[9] })
end
local answered = math.max(tonumber(held[2] or '0'), tonumber(ARGV[5]))
-- A late copy knows an alias, a server and a pending reply of the past.
if answered > tonumber(ARGV[5]) then return { 'advanced', answered } end
redis.call('HSET', key, ANSWERED, answered, ALIAS, ARGV[6], SERVER, server_place(ARGV[7]))
if is_news then redis.call('HDEL', key, PENDING) end
if ARGV[10] ~= '' then redis.call('HSET', key, PENDING, ARGV[10]) end
return { 'advanced', answered }
