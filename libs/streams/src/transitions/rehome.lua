-- Purpose: moves up to n conversations of an evicted member, then its entries; its keys go with the last entry (A14, A15).
--          Where conversations must stay, entries of those that moved before are sent after them, or these could never end.
-- KEYS: 1 partition prefix
-- ARGV: 1 holder, 2 token, 3 member (or unplaced), 4 conversations at most, 5 nonce, 6 cause,
--       7 '1' to forget that it was evicted, 8 ms since its lease ended ('-' when unknown), 9 entries at most,
--       10 for waiting: the entry after which to look for stragglers ('-' for the beginning, '' for the end: not at all)
-- Status: rehomed <conversations> <entries> <conversations left> <entries left>
--         waiting <conversations left> <entries left> <stragglers> <where to look on>: no member is placeable, or none was
--         to move; so many entries of conversations that have another owner already are gone from here; '' is the end
--         alive: the member is not evicted; nothing changed
--         unheld: the caller does not lead this partition
if not leads(ARGV[1], ARGV[2]) then return { 'unheld' } end
local member, conversations_max, entries_max, now = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[9]), now_ms()
local hold = 0
if member ~= 'unplaced' then
  local known = redis.call('HGET', base .. 'workers', member) or ''
  hold = tonumber(string.match(known, '^evicted (%d+)$'))
  if not hold then return { 'alive' } end
end
local owned = owned_key(member)

local function rehome(id)
  local key = conversation_key(id)
  local held = redis.call('HMGET', key, OWNER, LIFE, SEQ, DONE, HOLD, GRANT)
  if held[1] ~= member then return redis.call('SREM', owned, id) end
  local to = place()
  local grant = move(id, held[2] or held[6], member, to, ARGV[5], ARGV[6], ARGV[8])
  journal('moved', ARGV[6], id, member, to, grant)
  if member == 'unplaced' then return end
  -- Owners that died before may have effects that outlast this one's.
  local until_ms = math.max(hold, tonumber(held[5] or '0'))
  if until_ms > now then redis.call('HSET', key, HOLD, whole(until_ms)) else redis.call('HDEL', key, HOLD) end
  -- The head that outlived an owner may be what killed it. (A17)
  if ARGV[6] ~= 'left' and tonumber(held[4]) < tonumber(held[3]) then redis.call('HSET', key, SUSPECT, held[4] + 1) end
end

-- Passes over what is still this member's: in stream order, so that no message overtakes its predecessor. (I3)
local function send_stragglers(after)
  if after == '' then return 0, '' end
  local rows = redis.call('XRANGE', inbox_key(member), after == '-' and '-' or '(' .. after, '+', 'COUNT', entries_max)
  local gone = 0
  for _, row in ipairs(rows) do
    if forward_row(member, row) ~= 'here' then gone = gone + 1 end
  end
  return gone, #rows < entries_max and '' or rows[#rows][1]
end

local owned_before = redis.call('SCARD', owned)
if owned_before > 0 and (conversations_max == 0 or not place()) then
  local gone, read_on = send_stragglers(ARGV[10])
  return { 'waiting', owned_before, redis.call('XLEN', inbox_key(member)), gone, read_on }
end
local ids = redis.call('SRANDMEMBER', owned, conversations_max)
for _, id in ipairs(ids) do rehome(id) end
local entries, owned_left = 0, redis.call('SCARD', owned)
if owned_left == 0 then
  for _, row in ipairs(redis.call('XRANGE', inbox_key(member), '-', '+', 'COUNT', entries_max)) do
    forward_row(member, row)
    entries = entries + 1
  end
end
local entries_left = redis.call('XLEN', inbox_key(member))
if owned_left == 0 and entries_left == 0 then
  redis.call('DEL', inbox_key(member))
  if ARGV[7] == '1' then redis.call('HDEL', base .. 'workers', member) end
end
return { 'rehomed', #ids, entries, owned_left, entries_left }
