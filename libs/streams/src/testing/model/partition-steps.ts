import type { Holding, Leadership } from "@dms/rules";
import type { ConversationId, MemberId } from "@dms/protocol";
import type { Script } from "../../script.ts";
import { accept } from "../../transitions/accept.ts";
import { admit } from "../../transitions/admit.ts";
import { advance } from "../../transitions/advance.ts";
import { bury } from "../../transitions/bury.ts";
import { close } from "../../transitions/close.ts";
import { evict } from "../../transitions/evict.ts";
import { forward } from "../../transitions/forward.ts";
import { handoff } from "../../transitions/handoff.ts";
import { lead } from "../../transitions/lead.ts";
import { load } from "../../transitions/load.ts";
import { missing } from "../../transitions/missing.ts";
import { open } from "../../transitions/open.ts";
import { rehome } from "../../transitions/rehome.ts";
import { settle } from "../../transitions/settle.ts";
import { start } from "../../transitions/start.ts";
import { withdraw } from "../../transitions/withdraw.ts";
import { leaderModel } from "./leader-model.ts";
import {
  everyone,
  headerOf,
  type PartitionState,
  type Row,
  stageConversations,
  stageMembers,
} from "./partition-state.ts";
import { workerModel } from "./worker-model.ts";

/** One call of a transition, for the server and for the model. */
export interface Call {
  script: Script<never, unknown>;
  request: unknown;
  model(state: PartitionState, chance: { moved: string[] }): unknown;
}

/** What a step is made from: the state now, the grants and tokens that were ever seen, and its number in the run. */
export interface Scene {
  state: PartitionState;
  grants: string[];
  tokens: Map<string, string>;
  step: number;
}

/** Chance as fast-check gives it: each call uses up one number. */
export type Pick = <T>(choices: readonly T[]) => T;

export const holders = ["d1.x", "d2.y"] as MemberId[];
const channels = ["whatsapp", "sms"];

function call<Request, Reply>(
  script: Script<Request, Reply>,
  request: Request,
  model: (state: PartitionState, request: Request, chance: { moved: string[] }) => unknown,
): Call {
  return {
    script: script as unknown as Script<never, unknown>,
    request,
    model: (state, chance) => model(state, request, chance),
  };
}

/** A conversation as its owner holds it; now and then as another member or under another grant. */
function holding({ state, grants }: Scene, pick: Pick): Holding & { record: Record<string, string> } {
  const conversation = pick(stageConversations);
  const record = state.records[conversation] ?? {};
  const owner = (record["owner"] ?? stageMembers[0]) as MemberId;
  const member = pick([owner, owner, owner, owner, owner, ...stageMembers]);
  const grant = record["grant"] ?? "0.none";
  const former = grants.at(-1 - pick([0, 1, 2, 3])) ?? grant;
  return { partition: 0, conversation, member, grant: pick([grant, grant, grant, grant, grant, former]), record };
}

function leadership({ state, tokens }: Scene, pick: Pick): Leadership {
  const holder = pick([
    state.leader["holder"] ?? holders[0],
    state.leader["holder"] ?? holders[0],
    ...holders,
  ]) as MemberId;
  return { partition: 0, holder, token: pick([...Array<string>(8).fill(tokens.get(holder) ?? ""), "0.none"]) };
}

const around = (value: string | undefined, pick: Pick, ...deltas: number[]): number =>
  Math.max(0, Number(value ?? 0) + pick(deltas));

function handle(chatId: string, step: number) {
  return { chatId, secureKey: `k${step}`, userId: `u${step}`, alias: `a${step}`, server: `http://${step}` };
}

function batchOf({ state, step }: Scene, pick: Pick) {
  const channel = pick(channels);
  const taken = state.taken[channel] ?? 0;
  const after = Math.max(0, taken + pick([0, 0, 0, 0, 0, -1, -2, 1, 3]));
  let sequence = after;
  const messages = Array.from({ length: pick([0, 1, 1, 2, 3]) }, (_, index) => {
    sequence += pick([1, 1, 1, 2]);
    const conversation = pick<ConversationId | null>([...stageConversations, ...stageConversations, null]);
    return { sequence, conversation, payload: `m${step}.${index}` };
  });
  return { channel, after, upTo: sequence + pick([0, 0, 1]), isRestart: pick([false, false, true]), messages };
}

function settlementOf(scene: Scene, pick: Pick, held: ReturnType<typeof holding>) {
  const { conversation, grant, record, member } = held;
  const done = around(record["done"], pick, 0, 1, 1, 2, -1);
  const rows = scene.state.inboxes[member] ?? [];
  const settled = rows.filter((row) => {
    const header = headerOf(row);
    return header.conversation === conversation && header.life === record["life"] && header.seq <= done;
  });
  const chatId = pick([record["chat"] ?? "", "s1"]);
  const session = { chatId, shown: around(record["shown"], pick, 0, 1, 2, -1) };
  return { conversation, grant, done, session, entryIds: pick([settled, settled, []]).map(({ entryId }) => entryId) };
}

function anyRows(state: PartitionState, pick: Pick): { member: MemberId; entryIds: string[] } {
  const member = pick(everyone);
  const ids = (state.inboxes[member] ?? []).map(({ entryId }) => entryId);
  return { member, entryIds: ids.length === 0 ? ["1-1"] : [pick(ids), pick(ids)] };
}

/** Rows that lie where their conversation is not; any rows when there are none. */
function strays(state: PartitionState, pick: Pick): { member: MemberId; entryIds: string[] } {
  const isStray = (member: string, row: Row): boolean => {
    const { conversation, life } = headerOf(row);
    const record = state.records[conversation];
    return record?.["owner"] !== member || record["life"] !== life;
  };
  const found = everyone.flatMap((member) =>
    (state.inboxes[member] ?? [])
      .filter((row) => isStray(member, row))
      .map(({ entryId }) => ({ member, entryIds: [entryId] })),
  );
  return found.length === 0 ? anyRows(state, pick) : pick(found);
}

/** How each kind of call is made up from a scene. */
export const steps = {
  accept: (scene: Scene, pick: Pick) =>
    call(accept, { ...batchOf(scene, pick), nonce: `n${scene.step}` }, leaderModel.accept),

  load: (_: Scene, pick: Pick) => {
    const conversations = [pick(stageConversations), pick(stageConversations)];
    return call(load, { member: pick(stageMembers), isDurable: pick([true, false]), conversations }, workerModel.load);
  },

  open: (scene: Scene, pick: Pick) => {
    const { record, ...held } = holding(scene, pick);
    const previousChatId = pick([record["chat"] ?? "", record["chat"] ?? "", "", "s1"]);
    const next = handle(pick(["s1", "s2", "s3"]), scene.step);
    const parties = { customer: "c", business: "b" };
    const request = {
      holding: held,
      previousChatId,
      handle: next,
      parties,
      partsShown: pick([0, 0, 1, 2]),
      appName: pick(["", "a", "b"]),
    };
    return call(open, request, workerModel.open);
  },

  advance: (scene: Scene, pick: Pick) => {
    const { record, ...held } = holding(scene, pick);
    const session = handle(pick([record["chat"] ?? "", record["chat"] ?? "", "s1"]), scene.step);
    const answered = around(record["answered"], pick, 0, 1, 1, 2, -1);
    const refused = pick([null, null, { reason: `r${scene.step}`, payload: `p${scene.step}` }]);
    const request = { holding: held, handle: session, answered, refused, pending: pick(["", `x${scene.step}`]) };
    return call(advance, request, workerModel.advance);
  },

  settle: (scene: Scene, pick: Pick) => {
    const first = holding(scene, pick);
    const others = Array.from({ length: pick([0, 0, 1]) }, () => ({ ...holding(scene, pick), member: first.member }));
    const settlements = [first, ...others].map((held) => settlementOf(scene, pick, held));
    return call(settle, { member: first.member, settlements }, workerModel.settle);
  },

  start: (scene: Scene, pick: Pick) => {
    const { record, ...held } = holding(scene, pick);
    const seq = around(record["done"], pick, 1, 1, 0, 2);
    return call(start, { holding: held, seq, isSurvived: pick([false, false, true]) }, workerModel.start);
  },

  bury: (scene: Scene, pick: Pick) => {
    const { record, ...held } = holding(scene, pick);
    const seq = around(record["done"], pick, 1, 1, 0, 2);
    const row = (scene.state.inboxes[held.member] ?? []).find((other) => {
      const header = headerOf(other);
      return header.conversation === held.conversation && header.life === record["life"] && header.seq === seq;
    });
    const session = { chatId: record["chat"] ?? "", shown: around(record["shown"], pick, 0, 1) };
    const rest = { reason: "rejected", attempts: 1, detail: "why" };
    return call(
      bury,
      { holding: held, burial: { seq, entryId: row?.entryId ?? "1-1", session, ...rest } },
      workerModel.bury,
    );
  },

  missing: (scene: Scene, pick: Pick) => {
    const { record, ...held } = holding(scene, pick);
    return call(missing, { holding: held, seq: around(record["done"], pick, 1, 1, 1, 0, 2) }, workerModel.missing);
  },

  close: (scene: Scene, pick: Pick) => {
    const { record, ...held } = holding(scene, pick);
    const chatId = pick([record["chat"] ?? "", record["chat"] ?? "", "", "s1"]);
    return call(close, { holding: held, chatId }, workerModel.close);
  },

  handoff: (scene: Scene, pick: Pick) => {
    const { record: _, ...held } = holding(scene, pick);
    return call(handoff, { holding: held, nonce: `n${scene.step}`, cause: "shed" }, workerModel.handoff);
  },

  forward: (scene: Scene, pick: Pick) => {
    const { member, entryIds } = pick([strays(scene.state, pick), anyRows(scene.state, pick)]);
    return call(forward, { member, entryIds }, workerModel.forward);
  },

  /** As a worker would after it has shown everything that it has. */
  settleAll: (scene: Scene, pick: Pick) => {
    const { conversation, member, grant, record } = holding(scene, pick);
    const rows = (scene.state.inboxes[member] ?? []).filter((row) => headerOf(row).conversation === conversation);
    const settled = pick([rows, rows, []]).map(({ entryId }) => entryId);
    const session = { chatId: record["chat"] ?? "", shown: Number(record["seq"] ?? 0) };
    const settlement = { conversation, grant, done: Number(record["seq"] ?? 0), session, entryIds: settled };
    return call(settle, { member, settlements: [settlement] }, workerModel.settle);
  },

  withdraw: (_: Scene, pick: Pick) => call(withdraw, { member: pick(stageMembers) }, workerModel.withdraw),

  lead: (scene: Scene, pick: Pick) => {
    const holder = pick(holders);
    const token = pick([scene.tokens.get(holder) ?? null, scene.tokens.get(holder) ?? null, null, "0.none"]);
    const lease = { lease: "leader", nonce: `n${scene.step}`, leaseMs: 1000, longestLeaseMs: 1000 };
    return call(lead, { ...lease, holder, token, isRelease: pick([0, 0, 0, 0, 0, 0, 0, 1]) === 1 }, leaderModel.lead);
  },

  admit: (scene: Scene, pick: Pick) => {
    const state = pick(["active", "active", "active", "draining", "full"] as const);
    // Eighths add up without a rounding error.
    const request = { member: pick(stageMembers), state, tieFraction: pick([0, 1, 2, 3]) / 8 };
    return call(admit, { leadership: leadership(scene, pick), ...request }, leaderModel.admit);
  },

  evict: (scene: Scene, pick: Pick) => {
    const owners = Object.values(scene.state.records).map((record) => record["owner"] as MemberId);
    const member = pick([...owners, ...stageMembers]);
    const request = { member, waitMs: pick([0, 500, 1500]), cause: "lease-ended" };
    return call(evict, { leadership: leadership(scene, pick), ...request }, leaderModel.evict);
  },

  rehome: (scene: Scene, pick: Pick) => {
    const { workers, inboxes } = scene.state;
    const out = everyone.filter((member) => workers[member]?.startsWith("evicted") && inboxes[member]?.length);
    const request = {
      member: pick([...out, ...out, ...out, ...out, ...out, ...everyone]),
      count: pick([1, 2, 100]),
      nonce: `n${scene.step}`,
    };
    const rest = { cause: pick(["lease-ended", "left"]), forget: pick([true, false]), sinceEndMs: pick([null, 7]) };
    const led = leadership(scene, pick);
    const ids = (inboxes[request.member] ?? []).map(({ entryId }) => entryId);
    const bounds = { room: pick([100, 100, 100, 1, 0]), after: pick(["-", "-", "-", "", ...ids]) };
    return call(rehome, { leadership: led, ...request, ...rest, ...bounds }, leaderModel.rehome);
  },
};
