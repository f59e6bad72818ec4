-- Purpose: looks for an entry that never came; buries it as missing when it is nowhere (A18). Rare, reads every inbox.
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 seq, 5 chat id, 6 shown: posts accounted for, one of the missing message included
-- Status: here <entry id>: it lies in the caller's own inbox
--         waiting: it lies in another inbox, or an evicted member's inbox is not empty yet
--         buried: it was nowhere; stored as a dead letter, done is seq
--         settled: done has passed it, by a late settle or an earlier run of this; the caller reads the record again
--         early: seq is not the head, or was never given
--         stale: not this member's
--         gone: there is no such record
local member, id, seq = ARGV[1], ARGV[2], tonumber(ARGV[4])
local member_standing = standing(id, member, ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local key = conversation_key(id)
local held = redis.call('HMGET', key, LIFE, DONE, SEQ, CHAT, SHOWN, GRANT)
if seq <= tonumber(held[2]) then return { 'settled' } end
if seq > tonumber(held[2]) + 1 or seq > tonumber(held[3]) then return { 'early' } end

local function find(owner)
  local from = '-'
  while true do
    local rows = redis.call('XRANGE', inbox_key(owner), from, '+', 'COUNT', 1000)
    for _, row in ipairs(rows) do
      local kind, row_seq, life, row_id = string.match(row[2][2], '^(%a) (%d+) (%S+) %S+ (.*)$')
      if kind == 'm' and row_id == id and life == (held[1] or held[6]) and tonumber(row_seq) == seq then return row[1] end
    end
    if #rows < 1000 then return nil end
    from = '(' .. rows[#rows][1]
  end
end

local entry = find(member)
if entry then return { 'here', entry } end
local workers = redis.call('HGETALL', base .. 'workers')
workers[#workers + 1] = 'unplaced'
workers[#workers + 1] = 'evicted 0'
for i = 1, #workers, 2 do
  local is_evicted = string.sub(workers[i + 1], 1, 7) == 'evicted'
  if workers[i] ~= member then
    if is_evicted and redis.call('XLEN', inbox_key(workers[i])) > 0 then return { 'waiting' } end
    if not is_evicted and find(workers[i]) then return { 'waiting' } end
  end
end
local posts = held[4] == ARGV[5] and tonumber(ARGV[6]) - tonumber(held[5] or '0') or 0
local detail = 'in no inbox of the partition'
if posts > 0 then detail = detail .. '; posts of it that stand in the chat: ' .. posts end
dead_letter({ reason = 'missing', id = id, seq = seq, attempts = 0, detail = detail, payload = '' })
redis.call('HSET', key, DONE, seq)
-- A post of it that nobody counts would be taken for the next message's. (I1)
if posts > 0 then redis.call('HSET', key, SHOWN, ARGV[6]) end
redis.call('HDEL', key, PARTS)
return { 'buried' }
