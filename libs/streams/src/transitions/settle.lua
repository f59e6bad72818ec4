-- Purpose: marks messages processed: moves done and shown up and deletes the entries, for many conversations at once.
-- KEYS: 1 partition prefix
-- ARGV: 1 member, then for each conversation: id, grant, done, chat id, shown, number of entries, the entries' ids
-- Status: settled, then for each conversation one of
--         ok: done and shown only grew, the named entries are deleted, even when they were settled before (A4)
--         stale: not this member's, or it counts messages that were never given here (they were, before a lost tail);
--                nothing changed and the entries stay
--         gone: there is no such record; the entries stay
local member = ARGV[1]
local inbox = inbox_key(member)
local reply = { 'settled' }
local settled = 0

-- Of two counts as text, the greater. Text that is passed on costs nothing; a number is printed again with all its digits.
local function greater(a, b)
  return tonumber(a) > tonumber(b) and a or b
end

-- One look and one write for each conversation.
local function settle(i)
  local key, grant, done = conversation_key(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  local held = redis.call('HMGET', key, OWNER, GRANT, SEQ, DONE, SHOWN, CHAT, STARTED, SUSPECT, PARTS)
  local member_standing = standing_of(held, member, grant)
  if member_standing ~= 'owned' then return member_standing end
  local done_before, shown = held[4], held[5]
  if tonumber(done) > tonumber(held[3]) then return 'stale' end
  -- A late copy that speaks of an earlier session must not raise the count of this one. (I1)
  if held[6] == ARGV[i + 3] then shown = greater(shown, ARGV[i + 4]) end
  redis.call('HSET', key, DONE, greater(done_before, done), SHOWN, shown)
  local news = math.max(0, done - done_before)
  settled = settled + news
  if news > 0 and (held[7] or held[8] or held[9]) then redis.call('HDEL', key, STARTED, SUSPECT, PARTS) end
  return 'ok'
end

local i, deleted = 2, {}
while i <= #ARGV do
  local count = tonumber(ARGV[i + 5])
  local status = settle(i)
  if status == 'ok' then
    for k = i + 6, i + 5 + count do deleted[#deleted + 1] = ARGV[k] end
  end
  reply[#reply + 1] = status
  i = i + 6 + count
end
-- Lua's stack takes no more than 8,000 values.
for from = 1, #deleted, 1000 do
  redis.call('XDEL', inbox, unpack(deleted, from, math.min(from + 999, #deleted)))
end
tally('settled', settled)
return reply
