-- Purpose: reads records for their owner, and writes each grant again so that a write barrier covers what was read (A7, A9).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 '1' to write, then conversation ids
-- Status: loaded, then for each id a list: owned and the record's fields in the order of the twin, or
--         stale: another member owns it
--         gone: there is no such record
local fields = { OWNER, LIFE, GRANT, SEQ, DONE, CHAT, KEY, USER, ALIAS, SERVER, CUSTOMER, BUSINESS, SHOWN, ANSWERED,
  STARTED, SUSPECT, PENDING, PARTS, APP, HOLD }
local now = now_ms()
local reply = { 'loaded' }
for i = 3, #ARGV do
  local key = conversation_key(ARGV[i])
  local held = redis.call('HMGET', key, unpack(fields))
  if not held[1] then
    reply[#reply + 1] = { 'gone' }
  elseif held[1] ~= ARGV[1] then
    reply[#reply + 1] = { 'stale' }
  else
    if ARGV[2] == '1' then redis.call('HSET', key, GRANT, held[3]) end
    held[2] = held[2] or held[3]
    held[10] = held[10] and redis.call('LINDEX', base .. 'servers', held[10])
    for f = 1, #fields do held[f] = held[f] or '' end
    held[1] = 'owned'
    held[20] = held[20] ~= '' and whole(math.max(0, tonumber(held[20]) - now)) or '0'
    reply[#reply + 1] = held
  end
end
return reply
