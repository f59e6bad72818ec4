-- Purpose: what every transition shares: time, key names, grants, placement, appending. Put before each script's text.
-- KEYS[1] is always the prefix that carries the hash tag: dms:{<cluster>:<partition>}: or dms:{<cluster>}: for the registry.
local base = KEYS[1]

-- The only source of time. The simulator puts its own clock in the place of this function.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The only look at which server this is. The simulator replaces it likewise.
local function server_run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
end

local function whole(number)
  return string.format('%.0f', number)
end

-- Fields of a conversation's record: short, for there are as many records as conversations (record-fields.ts has the same).
local OWNER, GRANT, LIFE, SEQ, DONE, SHOWN, ANSWERED = 'o', 'g', 'l', 's', 'd', 'n', 'r'
local CHAT, KEY, USER, ALIAS, SERVER, CUSTOMER, BUSINESS = 'c', 'k', 'u', 'a', 'v', 'x', 'b'
local APP, PARTS, PENDING, SUSPECT, STARTED, HOLD = 'i', 'f', 'p', 'q', 't', 'h'

local function conversation_key(id)
  return base .. 'conversation:' .. id
end

local function owned_key(member)
  return base .. 'owned:' .. member
end

local function inbox_key(member)
  return base .. 'inbox:' .. member
end

-- A grant that was never given before: the epoch passes the clock even after a lost tail, the nonce is the caller's.
local function next_grant(nonce)
  local last = tonumber(redis.call('GET', base .. 'epoch') or '0')
  local epoch = whole(math.max(last + 1, now_ms()))
  redis.call('SET', base .. 'epoch', epoch)
  return epoch .. '.' .. nonce
end

-- The placeable member with the fewest sessions, or false. `except` is never chosen.
local function place(except)
  local lowest = redis.call('ZRANGE', base .. 'load', 0, 1)
  if lowest[1] == except then return lowest[2] or false end
  return lowest[1] or false
end

local function count_session(member, change)
  if redis.call('ZSCORE', base .. 'load', member) then redis.call('ZINCRBY', base .. 'load', change, member) end
end

-- In a Redis Cluster a reader cannot block on inboxes of several slots: there the client puts true here, and each member is told
-- once by a script that appends for it.
local tells_readers = false
local told = {}
local function tell(member)
  if not tells_readers or told[member] then return end
  told[member] = true
  redis.call('SPUBLISH', inbox_key(member), '')
end

local function append(member, kind, entry, payload)
  redis.call('XADD', inbox_key(member), '*', 'h',
    kind .. ' ' .. entry.seq .. ' ' .. entry.life .. ' ' .. entry.grant .. ' ' .. entry.id, 'p', payload)
  tell(member)
end

local function journal(event, cause, id, from, to, grant)
  redis.call('XADD', base .. 'journal', 'MAXLEN', '~', 10000, '*', 'event', event, 'cause', cause, 'conversation', id,
    'from', from, 'to', to, 'grant', grant)
end

-- What ever happened to messages, in the step in which it happens: figures that no death of a process can bend.
local function tally(field, change)
  if change > 0 then redis.call('HINCRBY', base .. 'counts', field, change) end
end

local function dead_letter(letter)
  redis.call('XADD', base .. 'dead', '*', 'reason', letter.reason, 'conversation', letter.id, 'seq', letter.seq,
    'attempts', letter.attempts, 'detail', letter.detail, 'payload', letter.payload)
  tally('dead ' .. letter.reason, 1)
end

-- The record of a conversation that is to get a message; one that does not exist is created and placed.
local function record_for(id, nonce)
  local held = redis.call('HMGET', conversation_key(id), OWNER, GRANT, SEQ, LIFE)
  if held[1] then
    return { owner = held[1], number = tonumber(held[3]), life = held[4] or held[2], grant = held[2], id = id }
  end
  local owner = place() or 'unplaced'
  local grant = next_grant(nonce)
  redis.call('HSET', conversation_key(id), OWNER, owner, GRANT, grant, SEQ, 0, DONE, 0, SHOWN, 0)
  redis.call('SADD', owned_key(owner), id)
  count_session(owner, 1)
  journal('placed', 'new', id, '', owner, grant)
  return { owner = owner, number = 0, life = grant, grant = grant, id = id, is_new = true }
end

-- Gives a conversation to another member under a new grant, with a takeover entry in front of what follows. The entry tells
-- why, and how long ago the former owner's lease ended ('-' where nobody died).
local function move(id, life, from, to, nonce, cause, since)
  local grant = next_grant(nonce)
  redis.call('HSET', conversation_key(id), OWNER, to, GRANT, grant, LIFE, life)
  redis.call('SREM', owned_key(from), id)
  redis.call('SADD', owned_key(to), id)
  count_session(from, -1)
  count_session(to, 1)
  append(to, 't', { seq = 0, life = life, grant = grant, id = id }, cause .. ' ' .. since .. ' ' .. from)
  return grant
end

-- 'owned' when member and grant are the record's own, else 'gone' or 'stale'. Equality, never order. (I4)
local function standing_of(held, member, grant)
  if not held[1] then return 'gone' end
  if held[1] ~= member or held[2] ~= grant then return 'stale' end
  return 'owned'
end

local function standing(id, member, grant)
  return standing_of(redis.call('HMGET', conversation_key(id), OWNER, GRANT), member, grant)
end

-- A chat server's place in the partition's list: an address of more than 64 bytes would cost each record its compact form.
local function server_place(address)
  return redis.call('LPOS', base .. 'servers', address) or redis.call('RPUSH', base .. 'servers', address) - 1
end

-- Whether holder and token are the partition's leader now.
local function leads(holder, token)
  local lease = redis.call('HMGET', base .. 'leader', 'holder', 'token', 'until')
  return lease[1] == holder and lease[2] == token and tonumber(lease[3]) > now_ms()
end

-- Sends one row of a member's inbox where its conversation is now: 'forwarded', 'deleted' or 'here'.
local function forward_row(member, row)
  local fields = row[2]
  local kind, seq, life, id = string.match(fields[2], '^([mt]) (%d+) (%S+) %S+ (.*)$')
  if not kind then
    -- Another version's, or nobody's: it must neither stop the others for ever nor be lost.
    dead_letter({ reason = 'unreadable', id = '', seq = 0, attempts = 0, detail = fields[2], payload = fields[4] or '' })
    redis.call('XDEL', inbox_key(member), row[1])
    return 'deleted'
  end
  local held = redis.call('HMGET', conversation_key(id), LIFE, OWNER, GRANT, DONE)
  -- A life is its first grant: a record that never moved names it once.
  local is_late = (held[1] or held[3]) ~= life or (kind == 'm' and tonumber(seq) <= tonumber(held[4] or '0'))
  if not is_late and held[2] == member then return 'here' end
  redis.call('XDEL', inbox_key(member), row[1])
  if is_late or kind == 't' then return 'deleted' end
  append(held[2], kind, { seq = seq, life = life, grant = held[3], id = id }, fields[4])
  return 'forwarded'
end
