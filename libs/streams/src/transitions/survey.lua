-- Purpose: the registry as a dispatcher sees it; forgets members that ended longer ago than the retention. What only a clock
-- can have written that has stepped back since, an end beyond its member's lease or an eviction barrier beyond the longest,
-- is cut to that.
-- KEYS: 1 registry prefix
-- ARGV: 1 longest lease in ms, 2 retention in ms
-- Status: members <eviction barrier in ms>, then for each member a list: name, ms its lease still runs (0 and below: ended
--         so long ago), role, state, cause, sessions, sessions at most, pending, its channels as JSON ('' where its card
--         does not say, and of who has ended: such members stay for long, and nobody asks what they could fetch)
local now = now_ms()
local meta = redis.call('HMGET', base .. 'meta', 'run', 'barrier')
local run, barrier, longest = server_run_id(), tonumber(meta[2] or '0'), now + tonumber(ARGV[1])
if meta[1] ~= run then
  barrier = longest
  redis.call('HSET', base .. 'meta', 'run', run, 'barrier', whole(barrier))
elseif barrier > longest then
  barrier = longest
  redis.call('HSET', base .. 'meta', 'barrier', whole(barrier))
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', base .. 'members', '-inf', whole(now - tonumber(ARGV[2])))) do
  local slot = redis.call('HGET', base .. 'member:' .. member, 'slot')
  if slot and redis.call('HGET', base .. 'instances', slot) == member then redis.call('HDEL', base .. 'instances', slot) end
  redis.call('ZREM', base .. 'members', member)
  redis.call('DEL', base .. 'member:' .. member)
end
local reply = { 'members', whole(math.max(0, barrier - now)) }
local members = redis.call('ZRANGE', base .. 'members', 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  local held = redis.call('HMGET', base .. 'member:' .. members[i],
    'role', 'state', 'cause', 'sessions', 'capacity', 'pending', 'channels', 'lease')
  local is_over = held[2] == 'left' or held[2] == 'dead'
  local latest = is_over and now or now + tonumber(held[8] or ARGV[1])
  local until_ms = math.min(tonumber(members[i + 1]), latest)
  if until_ms < tonumber(members[i + 1]) then redis.call('ZADD', base .. 'members', whole(until_ms), members[i]) end
  if until_ms <= now then held[7] = '' end
  for f = 1, 7 do held[f] = held[f] or '' end
  reply[#reply + 1] = { members[i], whole(until_ms - now), unpack(held, 1, 7) }
end
return reply
