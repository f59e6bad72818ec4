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

local records = {}

local function open_conversation(id)
  local owner = place() or 'unplaced'
  local grant = next_grant(nonce)
  redis.call('HSET', conversation_key(id), OWNER, owner, GRANT, grant, SEQ, 0, DONE, 0, SHOWN, 0)
  redis.call('SADD', owned_key(owner), id)
  count_session(owner, 1)
  journal('placed', 'new', id, '', owner, grant)
  opened = opened + 1
  return { owner = owner, number = 0, life = grant, grant = grant, id = id }
end

-- A conversation's record is read once and written once, however many messages of it the batch holds.
local function record_of(id)
  local held = redis.call('HMGET', conversation_key(id), OWNER, GRANT, SEQ, LIFE)
  if not held[1] then return open_conversation(id) end
  return { owner = held[1], number = tonumber(held[3]), life = held[4] or held[2], grant = held[2], id = id }
end

for i = 6, #ARGV, 3 do
  local id = ARGV[i + 1]
  if tonumber(ARGV[i]) <= taken then
    skipped = skipped + 1
  elseif string.sub(id, 1, 1) == '!' then
    dead_letter({ reason = 'malformed', id = string.sub(id, 2), seq = 0, attempts = 0, detail = 'sequence ' .. ARGV[i],
      payload = ARGV[i + 2] })
  else
    local record = records[id] or record_of(id)
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
