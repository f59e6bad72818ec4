-- Purpose: moves up to n conversations of an evicted member, then its entries; its keys go with the last entry (A14, A15).
-- KEYS: 1 partition prefix
-- ARGV: 1 holder, 2 token, 3 member (or unplaced), 4 count, 5 nonce, 6 cause, 7 '1' to forget that it was evicted,
--       8 ms since its lease ended ('-' when unknown)
-- Status: rehomed <conversations> <entries> <conversations left> <entries left>
--         waiting <conversations left> <entries left>: no member is placeable
--         alive: the member is not evicted; nothing changed
--         unheld: the caller does not lead this partition
if not leads(ARGV[1], ARGV[2]) then return { 'unheld' } end
local member, count, now = ARGV[3], tonumber(ARGV[4]), now_ms()
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

local ids = redis.call('SRANDMEMBER', owned, count)
if #ids > 0 and not place() then
  return { 'waiting', redis.call('SCARD', owned), redis.call('XLEN', inbox_key(member)) }
end
for _, id in ipairs(ids) do rehome(id) end
local entries, owned_left = 0, redis.call('SCARD', owned)
if owned_left == 0 then
  for _, row in ipairs(redis.call('XRANGE', inbox_key(member), '-', '+', 'COUNT', count)) do
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
