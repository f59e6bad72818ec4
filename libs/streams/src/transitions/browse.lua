-- Purpose: reads a page of a partition's dead letters, oldest first, without their payloads. Changes nothing.
-- KEYS: 1 partition prefix
-- ARGV: 1 id of the last letter of the page before ('' for none), 2 letters at most
-- Status: page <now in ms>, then for each letter: id, reason, conversation
local rows = redis.call('XRANGE', base .. 'dead', ARGV[1] == '' and '-' or '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
local reply = { 'page', whole(now_ms()) }
for _, row in ipairs(rows) do
  local letter = {}
  for i = 1, #row[2], 2 do letter[row[2][i]] = row[2][i + 1] end
  reply[#reply + 1] = row[1]
  reply[#reply + 1] = letter.reason or ''
  reply[#reply + 1] = letter.conversation or ''
end
return reply
