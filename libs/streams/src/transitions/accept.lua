-- Purpose: stores a batch of hub messages, each at the end of its conversation, placing conversations that are new.
-- KEYS: 1 partition prefix
-- ARGV: 1 channel, 2 after, 3 upTo, 4 '1' for a batch fetched without cursor else '0', 5 nonce,
--       then for each message: sequence, conversation id ('' for one that did not parse), payload
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

local function open_conversation(id)
  local owner = place() or 'unplaced'
  local grant = next_grant(nonce)
  redis.call('HSET', conversation_key(id), 'life', grant, 'owner', owner, 'grant', grant, 'seq', 1, 'done', 0)
  redis.call('SADD', owned_key(owner), id)
  count_session(owner, 1)
  journal('placed', 'new', id, '', owner, grant)
  opened = opened + 1
  return owner, { seq = 1, life = grant, grant = grant, id = id }
end

local function extend_conversation(id, held)
  local seq = redis.call('HINCRBY', conversation_key(id), 'seq', 1)
  return held[2], { seq = seq, life = held[1], grant = held[3], id = id }
end

for i = 6, #ARGV, 3 do
  local id = ARGV[i + 1]
  if tonumber(ARGV[i]) <= taken then
    skipped = skipped + 1
  elseif id == '' then
    dead_letter({ reason = 'malformed', id = channel .. ':', seq = 0, attempts = 0, detail = 'sequence ' .. ARGV[i],
      payload = ARGV[i + 2] })
  else
    local held = redis.call('HMGET', conversation_key(id), 'life', 'owner', 'grant')
    local owner, entry
    if held[1] then owner, entry = extend_conversation(id, held) else owner, entry = open_conversation(id) end
    entry.payload = ARGV[i + 2]
    append(owner, 'm', entry)
    accepted = accepted + 1
  end
end
redis.call('SET', taken_key, whole(math.max(taken, up_to)))
tally('accepted', accepted)
return { 'accepted', accepted, skipped, opened, gap }
