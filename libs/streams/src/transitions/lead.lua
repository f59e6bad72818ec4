-- Purpose: takes, renews or gives up a lease: of a partition's leader, or of a channel's fetcher (A12).
-- KEYS: 1 prefix
-- ARGV: 1 name of the lease under the prefix, 2 holder, 3 token ('' to take), 4 nonce, 5 lease in ms,
--       6 longest lease in ms, 7 '1' to give it up
-- Status: held <token> <eviction barrier in ms>: the lease is the caller's, now or since a take before; nothing may be
--         evicted for that long
--         other <holder>: somebody else holds it
--         released: it was given up, or was not the caller's
-- An end or an eviction barrier beyond the longest lease is of a clock that has stepped back since: it is cut to that.
local key = base .. ARGV[1]
local holder, token = ARGV[2], ARGV[3]
local held = redis.call('HMGET', key, 'holder', 'token', 'until', 'run', 'barrier', 'n')
local now = now_ms()
local is_mine = held[1] == holder and held[2] == token
if ARGV[7] == '1' then
  if is_mine then redis.call('HDEL', key, 'holder', 'token', 'until') end
  return { 'released' }
end
-- A take that runs again answers the lease that its first run took: a member's name is never another process's.
if token == '' and held[1] == holder then is_mine, token = true, held[2] end
local barrier, longest = tonumber(held[5] or '0'), now + tonumber(ARGV[6])
local run = server_run_id()
if held[4] ~= run then
  barrier = longest
  redis.call('HSET', key, 'run', run, 'barrier', whole(barrier))
elseif barrier > longest then
  barrier = longest
  redis.call('HSET', key, 'barrier', whole(barrier))
end
if held[1] and tonumber(held[3]) > longest then redis.call('HSET', key, 'until', whole(longest)) end
local is_free = not held[1] or tonumber(held[3]) <= now
if not is_free and not is_mine then return { 'other', held[1] } end
if is_free then
  local n = tonumber(held[6] or '0') + 1
  token = n .. '.' .. ARGV[4]
  redis.call('HSET', key, 'holder', holder, 'token', token, 'n', n)
end
redis.call('HSET', key, 'until', whole(now + tonumber(ARGV[5])))
return { 'held', token, whole(math.max(0, barrier - now)) }
