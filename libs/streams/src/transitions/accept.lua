-- Purpose: stores a batch of hub messages, each at the end of its conversation, placing conversations that are new.
-- KEYS: 1 partition prefix
-- ARGV: 1 channel, 2 after, 3 upTo, 4 '1' for a batch fetched without cursor else '0', 5 nonce,
--       then for each message: sequence, conversation id, payload. For one that did not parse the id is '!' and what its
--       dead letter is to name; no channel's name, and so no id, begins with that
-- Status: accepted <accepted> <skipped> <opened> <gap>: taken; `gap` counts sequences that the hub will not give again
--         behind <taken>: this partition has not taken up to `after`; nothing was changed (A1)
local channel, after, up_to, nonce = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
local taken_key = base .. 'taken:' .. channel
local stored = redis.call('GET', taken_key)
local taken = tonumber(stored or '0')
local gap = 0
if taken < after then
  if ARGV[4] ~= '1' then return { 'behind', whole(taken) } end
  -- What the hub has confirmed it never gives again: a first start, or a loss beyond the durability that was chosen.
  if stored then gap = after - taken end
end
local accepted, skipped, opened = 0, 0, 0

-- A conversation's record is read once and written once, however many messages of it the batch holds.
local records = {}

for i = 6, #ARGV, 3 do
  local id = ARGV[i + 1]
  if tonumber(ARGV[i]) <= taken then
    skipped = skipped + 1
  elseif string.sub(id, 1, 1) == '!' then
    dead_letter({ reason = 'malformed', id = string.sub(id, 2), seq = 0, attempts = 0, detail = 'sequence ' .. ARGV[i],
      payload = ARGV[i + 2] })
  else
    local record = records[id] or record_for(id, nonce)
    if record.is_new and not records[id] then opened = opened + 1 end
    records[id] = record
    record.number = record.number + 1
    record.seq = string.format('%d', record.number)
    append(record.owner, 'm', record, ARGV[i + 2])
    accepted = accepted + 1
  end
end
for id, record in pairs(records) do redis.call('HSET', conversation_key(id), SEQ, record.seq) end
redis.call('SET', taken_key, whole(math.max(taken, up_to)))
tally('accepted', accepted)
return { 'accepted', accepted, skipped, opened, gap }
