import { startRedis } from "@dms/testkit";
import { conversationId, type MemberId } from "@dms/protocol";
import { parseConfig, systemClock as clock, systemRandom as random } from "@dms/runtime";
import { openStores, type Stores } from "@dms/streams";
import { cpuMs } from "../measuring/cpu.ts";
import { figureOf } from "../measuring/figures.ts";
import { messageAt } from "../ports/log.ts";

/**
 * What `accept`, reading and `settle` cost redis-server alone, one partition, everything else left out: the figures of
 * docs/performance-notes.md.
 *
 *   node test/bench/dispatch/script-cost.ts
 */
const batch = 62;
const batches = 400;
const rounds = 7;
const conversations = 125;
const channel = "c0";
const member = "w.1" as MemberId;

const redis = await startRedis();
const stores = await open();
await admitMember(stores);
const opened = new Map<string, string>();
let sequence = 0;
const costs = { accept: [] as number[], read: [] as number[], settle: [] as number[] };
for (let round = 0; round <= rounds; round++) await measure(round > 0);
for (const [what, us] of Object.entries(costs)) {
  const { median, least, greatest } = figureOf(us);
  console.log(
    `${what}: ${median.toFixed(1)} µs of redis-server a message (${least.toFixed(1)}–${greatest.toFixed(1)})`,
  );
}
stores.close();
await redis.close();

function open(): Promise<Stores> {
  const loaded = parseConfig(JSON.stringify({ redis: { url: `redis://127.0.0.1:${redis.port}` } }), { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return openStores({ config: loaded.config, clock, random, onNotice: (notice) => console.error(notice) });
}

async function admitMember({ partitions }: Stores): Promise<void> {
  const lease = await partitions.lead(0, "d.1" as MemberId, null);
  if (lease.status !== "held") throw new Error("the partition has another leader");
  await partitions.admit({ partition: 0, holder: "d.1" as MemberId, token: lease.token }, member, "active");
}

/** One round: so many batches stored, read and settled; the clock of the server's own process is read in between. */
async function measure(isKept: boolean): Promise<void> {
  const pid = redis.pid ?? 0;
  const marks = [cpuMs(pid)];
  for (let i = 0; i < batches; i++) await acceptBatch();
  marks.push(cpuMs(pid));
  const reads = await readAll();
  marks.push(cpuMs(pid));
  const settlements = [];
  for (const entries of reads) settlements.push(await settlementsOf(entries));
  marks.push(cpuMs(pid));
  for (const each of settlements) await stores.partitions.settle(0, member, each);
  marks.push(cpuMs(pid));
  if (!isKept) return;
  const us = (from: number, to: number): number => (((marks[to] ?? 0) - (marks[from] ?? 0)) * 1000) / (batches * batch);
  costs.accept.push(us(0, 1));
  costs.read.push(us(1, 2));
  costs.settle.push(us(3, 4));
}

async function acceptBatch(): Promise<void> {
  const after = sequence;
  const messages = Array.from({ length: batch }, () => {
    const message = messageAt(++sequence, { conversations });
    const conversation = conversationId(channel, message.conversationId);
    return { sequence, conversation, payload: JSON.stringify(message) };
  });
  await stores.partitions.accept(0, { channel, after, upTo: sequence, isRestart: false, messages });
}

type Entries = Awaited<ReturnType<Stores["inbox"]["read"]>>;

async function readAll(): Promise<Entries[]> {
  const reads: Entries[] = [];
  let cursor = "0-0";
  while (true) {
    const entries = await stores.inbox.read(member, new Map([[0, cursor]]), { count: batch, blockMs: 1 });
    if (entries.length === 0) return reads;
    cursor = entries.at(-1)?.entryId ?? cursor;
    reads.push(entries);
  }
}

/** What a worker would settle after it has shown them all; a conversation's session is opened when it is first met. */
async function settlementsOf(entries: Entries) {
  const byConversation = Map.groupBy(entries, ({ conversation }) => conversation);
  const settlements = [];
  for (const [conversation, all] of byConversation) {
    const last = all.at(-1);
    if (last === undefined) continue;
    const chatId = opened.get(conversation) ?? `0001HaFKGS0000${opened.size}`;
    if (!opened.has(conversation)) await openSession({ conversation, grant: last.grant, chatId });
    opened.set(conversation, chatId);
    const session = { chatId, shown: last.seq };
    const entryIds = all.map(({ entryId }) => entryId);
    settlements.push({ conversation, grant: last.grant, done: last.seq, session, entryIds });
  }
  return settlements;
}

async function openSession(of: { conversation: Entries[number]["conversation"]; grant: string; chatId: string }) {
  const { conversation, grant, chatId } = of;
  const server = "http://chat-1.example.com:8080/genesys";
  await stores.partitions.open(
    { partition: 0, member, conversation, grant },
    {
      previousChatId: "",
      handle: { chatId, secureKey: "a58fba05c5d3b6a4d5", userId: "007256E53D", alias: "117", server },
      parties: { customer: conversation.slice(3), business: "4930901820" },
      appName: "",
      partsShown: 0,
    },
  );
}
