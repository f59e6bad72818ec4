-- Purpose: what a leader or the fetcher must see of a partition; its cost grows with members, not with conversations.
-- KEYS: 1 partition prefix
-- ARGV: none
-- Status: view <backlog> <dead letters> <unplaced conversations>, then for each member: name, state, owned, entries
local workers = redis.call('HGETALL', base .. 'workers')
local backlog = redis.call('XLEN', inbox_key('unplaced'))
local reply = { 'view', 0, redis.call('XLEN', base .. 'dead'), redis.call('SCARD', owned_key('unplaced')) }
workers[#workers + 1] = 'unplaced'
workers[#workers + 1] = 'unplaced'
for i = 1, #workers, 2 do
  local entries = redis.call('XLEN', inbox_key(workers[i]))
  if workers[i] ~= 'unplaced' then backlog = backlog + entries end
  reply[#reply + 1] = workers[i]
  reply[#reply + 1] = string.match(workers[i + 1], '^%a+')
  reply[#reply + 1] = redis.call('SCARD', owned_key(workers[i]))
  reply[#reply + 1] = entries
end
reply[2] = backlog
return reply
