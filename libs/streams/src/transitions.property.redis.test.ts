import { readFileSync } from "node:fs";
import { processEnv } from "@dms/runtime";
import { type RedisServer, startRedis } from "@dms/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PartitionRun, type Step, type Tally } from "./testing/model/partition-run.ts";
import { RealPartition } from "./testing/model/real-partition.ts";
import type { Mutation } from "./testing/partition-fixture.ts";

// Random commands against a model of one partition that knows the protocol's words and no Lua. The same seed gives the same
// commands; DMS_PROPERTY_RUNS and DMS_PROPERTY_SEED ask for more and others.

const env = processEnv();
const isAskedFor = env["DMS_PROPERTY_RUNS"] !== undefined;
const runs = Number(env["DMS_PROPERTY_RUNS"] ?? 1000);
const seed = Number(env["DMS_PROPERTY_SEED"] ?? 1);
const runsToReachAll = 500;
const runsToSeeAll = 3000;
const runMsMax = 600_000;
/** A busy machine does fewer runs, not longer ones, when nobody asked for a number. */
const defaultMs = 15_000;
const stepsMax = 40;

const kinds: Record<Step["kind"], number> = {
  accept: 8,
  load: 1,
  open: 3,
  advance: 2,
  settle: 4,
  settleAll: 2,
  finish: 4,
  start: 2,
  bury: 2,
  missing: 4,
  close: 2,
  handoff: 5,
  forward: 4,
  withdraw: 1,
  lead: 3,
  admit: 6,
  evict: 1,
  rehome: 3,
  fall: 5,
  time: 3,
  server: 1,
  late: 4,
  lose: 1,
};

const chance = fc.array(fc.nat({ max: 719 }), { minLength: 16, maxLength: 16 });
const kind = fc.oneof(
  ...Object.entries(kinds).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name as Step["kind"]) })),
);
const step: fc.Arbitrary<Step> = fc.record({ kind, chance });
// Most partitions have a leader and workers before anything else happens.
const opening: Step[] = [
  { kind: "lead", chance: [0] },
  { kind: "time", chance: [5] },
  { kind: "admit", chance: [0] },
  { kind: "admit", chance: [1] },
  { kind: "admit", chance: [2] },
];
const sequence = fc.array(step, { minLength: 5, maxLength: stepsMax, size: "max" });

/** Answers that a run of the default size must have seen: the test is not green because it did nothing. */
const reached: Record<string, string> = {
  accept: "accepted behind",
  load: "owned stale gone",
  open: "opened stale gone",
  advance: "advanced stale",
  settle: "ok stale gone",
  start: "started stale",
  bury: "buried early stale",
  missing: "here waiting buried settled early",
  close: "closed pending stale gone",
  handoff: "moved nowhere stale",
  forward: "forwarded deleted here absent",
  withdraw: "done",
  lead: "held other released",
  admit: "admitted evicted unheld",
  evict: "evicted barrier unheld",
  rehome: "rehomed waiting stragglers alive unheld",
};

function unreached(tally: Tally): string[] {
  return Object.entries(reached)
    .flatMap(([name, statuses]) => statuses.split(" ").map((status) => `${name} ${status}`))
    .filter((answer) => !tally.has(answer));
}

let server: RedisServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server.close());

function property(real: RealPartition, tally: Tally) {
  return fc.asyncProperty(fc.boolean(), sequence, async (isOpened, taken) => {
    await new PartitionRun(real, tally).take(isOpened ? [...opening, ...taken] : taken);
  });
}

test(
  "transitions: whatever order they run in, late copies included, the scripts do what the model does and keep its rules",
  async () => {
    const tally: Tally = new Map();
    const limit = { interruptAfterTimeLimit: isAskedFor ? runMsMax : defaultMs, markInterruptAsFailure: false };
    const checked = property(new RealPartition(server.client()), tally);
    const details = await fc.check(checked, { numRuns: runs, seed, ...limit });
    // The report names the commands, its cause what differed.
    if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
    const isLongEnough = !details.interrupted && runs >= runsToReachAll;
    expect(isLongEnough ? unreached(tally) : []).toEqual([]);
  },
  runMsMax,
);

// One rule taken out at a time: the comparison must see each, and these soon.
const frequent: Mutation[] = [
  { transition: "accept", rule: "math.max(taken, up_to)", otherwise: "up_to" },
  { transition: "accept", rule: "tonumber(ARGV[i]) <= taken", otherwise: "false" },
  { transition: "open", rule: "if chat ~= ARGV[4] then return { 'stale' } end", otherwise: "" },
  { transition: "advance", rule: "if held[1] ~= ARGV[4] then return { 'stale' } end", otherwise: "" },
  { transition: "settle", rule: "if held[6] == ARGV[i + 3] then", otherwise: "if true then" },
  { transition: "settle", rule: "settled + news", otherwise: "settled + 1" },
  { transition: "settle", rule: "if tonumber(done) > tonumber(held[3]) then return 'stale' end", otherwise: "" },
  { transition: "close", rule: "if held[1] ~= held[2] then return { 'pending' } end", otherwise: "" },
  { transition: "handoff", rule: "held[2] ~= grant", otherwise: "false" },
  { transition: "lead", rule: "if held[4] ~= run then", otherwise: "if false then" },
  { transition: "admit", rule: "lease[2] == token", otherwise: "true" },
  { transition: "admit", rule: "if string.sub(known, 1, 7) == 'evicted' then return { 'evicted' } end", otherwise: "" },
  { transition: "evict", rule: "if barrier > now then", otherwise: "if false then" },
  { transition: "rehome", rule: "if not hold then return { 'alive' } end", otherwise: "hold = hold or 0" },
  { transition: "rehome", rule: "if owned_left == 0 then", otherwise: "do" },
  { transition: "rehome", rule: "conversations_max == 0 or ", otherwise: "" },
  {
    transition: "rehome",
    rule: "if after == '' then return 0, '' end",
    otherwise: "if after ~= '-' then return 0, '' end",
  },
];

// Seen too, but only after some fifty to a thousand runs.
const rare: Mutation[] = [
  { transition: "settle", rule: "greater(done_before, done)", otherwise: "done" },
  { transition: "close", rule: "count_session(member, -1)", otherwise: "" },
  { transition: "missing", rule: "or seq > tonumber(held[3])", otherwise: "" },
  { transition: "start", rule: "if is_counted ~= is_survived then", otherwise: "if false then" },
  { transition: "bury", rule: "seq > done + 1 or ", otherwise: "" },
  { transition: "bury", rule: "or seq > tonumber(held[4])", otherwise: "" },
  { transition: "handoff", rule: "place(member)", otherwise: "place()" },
  { transition: "forward", rule: "(held[1] or held[3]) ~= life or ", otherwise: "" },
  { transition: "forward", rule: "or kind == 't'", otherwise: "" },
  { transition: "rehome", rule: "math.max(hold, tonumber(held[5] or '0'))", otherwise: "hold" },
  { transition: "rehome", rule: "after == '-' and '-' or '(' .. after", otherwise: "'-'" },
];

function textOf({ transition }: Mutation): string {
  const [own = "", shared = ""] = [transition, "prelude"].map((name) =>
    readFileSync(new URL(`./transitions/${name}.lua`, import.meta.url), "utf8"),
  );
  return own + shared;
}

const mutations = runs < runsToSeeAll ? frequent : [...frequent, ...rare];

test.each(mutations)(
  "transitions: $transition without `$rule` is seen",
  async (mutation) => {
    // A rule that is not in the script any more would be "seen" by the fault of taking it out.
    expect(textOf(mutation)).toContain(mutation.rule);
    const real = new RealPartition(server.client(), mutation);
    const details = await fc.check(property(real, new Map()), { numRuns: runsToSeeAll, seed, endOnFailure: true });
    expect(details.failed).toBe(true);
  },
  runMsMax,
);
