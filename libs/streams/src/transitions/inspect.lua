-- Purpose: what a leader or the fetcher must see of a partition; its cost grows with members, not with conversations.
-- KEYS: 1 partition prefix
-- ARGV: none
-- Status: view <backlog> <dead letters> <unplaced conversations> <counts as a flat list>, then for each member: its name
--         and state, what it owns, its entries, and of the first message in its inbox when it was appended (ms; '' for
--         none) and what its payload says of when it was sent
local workers = redis.call('HGETALL', base .. 'workers')
local backlog = 0
local reply = { 'view', 0, redis.call('XLEN', base .. 'dead'), redis.call('SCARD', owned_key('unplaced')),
  redis.call('HGETALL', base .. 'counts') }
workers[#workers + 1] = 'unplaced'
workers[#workers + 1] = 'unplaced'

-- Takeovers in front of it are few, and go as soon as their owner reads them.
local function first_message(member)
  for _, row in ipairs(redis.call('XRANGE', inbox_key(member), '-', '+', 'COUNT', 1)) do
    if string.sub(row[2][2], 1, 1) == 'm' then return row end
    for _, next_row in ipairs(redis.call('XRANGE', inbox_key(member), '(' .. row[1], '+', 'COUNT', 20)) do
      if string.sub(next_row[2][2], 1, 1) == 'm' then return next_row end
    end
  end
end

for i = 1, #workers, 2 do
  local entries = redis.call('XLEN', inbox_key(workers[i]))
  local row = entries > 0 and first_message(workers[i])
  backlog = backlog + entries
  reply[#reply + 1] = workers[i]
  reply[#reply + 1] = string.match(workers[i + 1], '^%a+')
  reply[#reply + 1] = redis.call('SCARD', owned_key(workers[i]))
  reply[#reply + 1] = entries
  reply[#reply + 1] = row and string.match(row[1], '^%d+') or ''
  reply[#reply + 1] = row and string.match(row[2][4] or '', '"sentAt":"([^"]*)"') or ''
end
reply[2] = backlog
return reply
