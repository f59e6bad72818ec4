-- Purpose: sends entries of a member's inbox where their conversations are now; deletes what is of another life (A5).
-- KEYS: 1 partition prefix
-- ARGV: 1 member, then entry ids
-- Status: done, then for each entry one of
--         forwarded: appended at the conversation's owner and deleted here
--         deleted: of an earlier life, settled already, a takeover that no longer concerns this member, or a row of
--         another form, which goes to the dead letters
--         here: the conversation is this member's; nothing changed
--         absent: there is no such entry
local reply = { 'done' }
for i = 2, #ARGV do
  local row = redis.call('XRANGE', inbox_key(ARGV[1]), ARGV[i], ARGV[i])[1]
  reply[#reply + 1] = row and forward_row(ARGV[1], row) or 'absent'
end
return reply
