-- Purpose: marks messages processed: moves done and shown up and deletes the entries, for many conversations at once.
-- KEYS: 1 partition prefix
-- ARGV: 1 member, then for each conversation: id, grant, done, chat id, shown, number of entries, the entries' ids
-- Status: settled, then for each conversation one of
--         ok: done and shown only grew, the named entries are deleted, even when they were settled before (A4)
--         stale: not this member's, or it counts messages that were never given here (they were, before a lost tail);
--                nothing changed and the entries stay
--         gone: there is no such record; the entries stay
local member = ARGV[1]
local reply = { 'settled' }
local settled = 0

local function settle(id, done, chat, shown)
  local key = conversation_key(id)
  local held = redis.call('HMGET', key, 'done', 'chat', 'shown', 'started', 'seq', 'suspect', 'parts')
  if done > tonumber(held[5]) then return 'stale' end
  if done > tonumber(held[1]) then
    redis.call('HSET', key, 'done', done)
    settled = settled + done - tonumber(held[1])
    if held[4] or held[6] or held[7] then redis.call('HDEL', key, 'started', 'suspect', 'parts') end
  end
  -- A late copy that speaks of an earlier session must not raise the count of this one. (I1)
  if held[2] == chat and shown > tonumber(held[3] or '0') then redis.call('HSET', key, 'shown', shown) end
  return 'ok'
end

local i = 2
while i <= #ARGV do
  local id, count = ARGV[i], tonumber(ARGV[i + 5])
  local status = standing(id, member, ARGV[i + 1])
  if status == 'owned' then status = settle(id, tonumber(ARGV[i + 2]), ARGV[i + 3], tonumber(ARGV[i + 4])) end
  if status == 'ok' then
    -- Lua's stack takes no more than 8,000 values.
    for from = i + 6, i + 5 + count, 1000 do
      redis.call('XDEL', inbox_key(member), unpack(ARGV, from, math.min(from + 999, i + 5 + count)))
    end
  end
  reply[#reply + 1] = status
  i = i + 6 + count
end
tally('settled', settled)
return reply
