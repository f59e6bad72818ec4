-- Purpose: gives a conversation away while its owner lives (A14). Unread entries follow by forward.
-- KEYS: 1 partition prefix
-- ARGV: 1 member, 2 conversation id, 3 grant, 4 nonce, 5 cause
-- Status: moved <member>: it has a new owner, a new grant and a takeover entry there
--         nowhere: no other member is placeable; nothing changed
--         stale: not this member's (the answer to a repeated handoff)
--         gone: there is no such record
local member, id = ARGV[1], ARGV[2]
local member_standing = standing(id, member, ARGV[3])
if member_standing ~= 'owned' then return { member_standing } end
local to = place(member)
if not to then return { 'nowhere' } end
local life = redis.call('HGET', conversation_key(id), LIFE) or ARGV[3]
local grant = move(id, life, member, to, ARGV[4], ARGV[5], '-')
journal('moved', ARGV[5], id, member, to, grant)
return { 'moved', to }
