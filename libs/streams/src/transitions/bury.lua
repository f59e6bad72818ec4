-- Purpose: moves the head of a conversation to the dead letters with a reason (A8).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 seq, 5 entry id, 6 chat id, 7 shown, 8 reason, 9 attempts, 10 detail
-- Status: buried: the dead letter is stored, done is seq, the entry is deleted; or that was so already
--         early: seq is not the head, or was never given; nothing changed
--         stale: not this member's
--         gone: there is no such record
local member, id, seq = ARGV[1], ARGV[2], tonumber(ARGV[4])
local member_standing = standing(id, member, ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(id)
local held = redis.call('HMGET', key, DONE, CHAT, SHOWN, SEQ)
local done = tonumber(held[1])
if seq > done + 1 or seq > tonumber(held[4]) then return { 'early' } end
if seq == done + 1 then
  local row = redis.call('XRANGE', inbox_key(member), ARGV[5], ARGV[5])[1]
  dead_letter({ reason = ARGV[8], id = id, seq = seq, attempts = ARGV[9], detail = ARGV[10],
    payload = row and row[2][4] or '' })
  redis.call('HSET', key, DONE, seq)
  redis.call('HDEL', key, STARTED, SUSPECT, PARTS)
  if held[2] == ARGV[6] and tonumber(ARGV[7]) > tonumber(held[3] or '0') then redis.call('HSET', key, SHOWN, ARGV[7]) end
end
redis.call('HSET', key, GRANT, ARGV[3])
redis.call('XDEL', inbox_key(member), ARGV[5])
return { 'buried' }
