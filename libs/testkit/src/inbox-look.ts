import type { RedisLook } from "./redis-look.ts";

const entriesMax = 5000;

/** One partition's inboxes at one instant: an entry that moves from one to another is in exactly one of them. */
const script = `
local found, left = {}, tonumber(ARGV[1])
local members = redis.call('HKEYS', KEYS[1] .. 'workers')
members[#members + 1] = 'unplaced'
for _, member in ipairs(members) do
  local rows = redis.call('XRANGE', KEYS[1] .. 'inbox:' .. member, '-', '+', 'COUNT', left)
  for _, row in ipairs(rows) do
    local kind, id = string.match(row[2][2], '^(%a) %S+ %S+ %S+ (.*)$')
    local sequence = string.match(row[2][4], '"sequence":(%d+)')
    if kind == 'm' then found[#found + 1] = string.match(id, '^[^:]*') .. ':' .. (sequence or '') end
  end
  left = left - #rows
  if left <= 0 then return { 'many' } end
end
return { 'whole', unpack(found) }`;

/** What all inboxes hold, as `<channel>:<sequence>`; null when that is more than a look is worth. */
export async function lookIntoInboxes(
  client: RedisLook,
  { cluster, partitions }: { cluster: string; partitions: number },
): Promise<Set<string> | null> {
  const found = new Set<string>();
  for (let partition = 0; partition < partitions; partition++) {
    const prefix = `dms:{${cluster}:${partition}}:`;
    const [extent, ...names] = (await client.eval(script, 1, prefix, entriesMax)) as string[];
    if (extent !== "whole") return null;
    for (const name of names) found.add(name);
  }
  return found;
}
