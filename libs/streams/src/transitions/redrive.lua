-- Purpose: gives dead letters back to their conversations, each as its newest message, out of the dead letters.
-- KEYS: 1 partition prefix
-- ARGV: 1 nonce, then ids of dead letters
-- Status: done, then for each id one of
--         redriven: appended at the conversation's owner under the next seq, and no dead letter any more
--         refused: no message that could be shown: a reply, what did not parse, or what came without payload
--         absent: there is no such letter, or not any more
local messages = { rejected = true, crashing = true, ['no-session'] = true }
local records = {}

-- Under a new grant the owner loads the record, durable, before it acts for the conversation again (A7). Without that a lost
-- tail of Redis could take back this step and leave its post in the transcript, where it would count for the next message.
local function record_of(id)
  local record = record_for(id, ARGV[1])
  if not record.is_new then
    record.grant = next_grant(ARGV[1])
    redis.call('HSET', conversation_key(id), GRANT, record.grant, LIFE, record.life)
    journal('moved', 'redrive', id, record.owner, record.owner, record.grant)
  end
  records[id] = record
  return record
end

local redriven = 0

local function redrive(letter_id)
  local row = redis.call('XRANGE', base .. 'dead', letter_id, letter_id)[1]
  if not row then return 'absent' end
  local letter = {}
  for i = 1, #row[2], 2 do letter[row[2][i]] = row[2][i + 1] end
  if not messages[letter.reason] or letter.payload == '' or letter.conversation == '' then return 'refused' end
  local record = records[letter.conversation] or record_of(letter.conversation)
  record.number = record.number + 1
  record.seq = string.format('%d', record.number)
  redis.call('HSET', conversation_key(record.id), SEQ, record.seq)
  append(record.owner, 'm', record, letter.payload)
  redis.call('XDEL', base .. 'dead', letter_id)
  redriven = redriven + 1
  return 'redriven'
end

local reply = { 'done' }
for i = 2, #ARGV do reply[i] = redrive(ARGV[i]) end
tally('redriven', redriven)
return reply
