import assert from "node:assert/strict";
import { invariant } from "@dms/runtime";
import { checkRules } from "./partition-rules.ts";
import { emptyState, headerOf, type PartitionState } from "./partition-state.ts";
import { type Call, type Pick, type Scene, steps } from "./partition-steps.ts";
import type { RealPartition } from "./real-partition.ts";

/** One step as fast-check makes it up: what to do, and the numbers that decide the rest. */
export interface Step {
  kind: keyof typeof steps | "time" | "server" | "late" | "lose" | "fall" | "finish";
  chance: number[];
}

/** Counts each answer of each transition, to show that a test reached them. */
export type Tally = Map<string, number>;

const startMs = 1_000_000;
/** What a leader does about a death, without anything in between. */
const fall = ["lead", "evict", "rehome"] as const;
/** What a worker does at the end of a session; the same numbers choose the same conversation. */
const finish = ["settleAll", "close"] as const;

/** What of a state can be compared: empty sets and streams are the same as none. */
function comparable(state: PartitionState) {
  const filled = Object.entries(state.inboxes).filter(([, rows]) => rows.length > 0);
  const owned = Object.entries(state.owned).filter(([, ids]) => ids.length > 0);
  return {
    ...state,
    counts: {},
    servers: [],
    inboxes: Object.fromEntries(filled),
    owned: Object.fromEntries(owned.map(([member, ids]) => [member, ids.toSorted()])),
  };
}

/** Gives the model's new rows the ids that the server gave them. */
function adoptIds(model: PartitionState, real: PartitionState): void {
  for (const [member, rows] of Object.entries(model.inboxes)) {
    for (const [index, row] of rows.entries()) row.entryId ||= real.inboxes[member]?.[index]?.entryId ?? "";
  }
}

/** The conversations that the last call moved, as the journal tells in order. */
function movedSince(length: number, real: PartitionState): string[] {
  const lines = real.journal.slice(length).map((line) => line.split("|"));
  return lines.filter(([event]) => event === "moved").map(([, , id]) => id ?? "");
}

/** One run: the model and the server side by side, compared after each step. */
export class PartitionRun {
  readonly #real: RealPartition;
  readonly #tally: Tally;
  readonly #model = emptyState(startMs, "run-1");
  readonly #history: Call[] = [];
  readonly #lost = new Set<string>();
  readonly #scene: Scene = { state: this.#model, grants: [], tokens: new Map(), step: 0 };

  constructor(real: RealPartition, tally: Tally) {
    this.#real = real;
    this.#tally = tally;
  }

  /** Empties the server and takes all steps; throws at the first difference. */
  async take(all: readonly Step[]): Promise<void> {
    await this.#real.reset(this.#model);
    for (const step of all) await this.#take(step);
  }

  async #take({ kind, chance }: Step): Promise<void> {
    this.#scene.step++;
    let used = 0;
    const pick: Pick = (choices) => {
      const choice = choices[(chance[used++ % chance.length] ?? 0) % choices.length];
      invariant(choices.length > 0, "a step chooses from something");
      return choice as (typeof choices)[number];
    };
    if (kind === "time")
      this.#model.now = Math.max(1, this.#model.now + pick([1, 50, 100, 300, 600, 1000, 3000, -200]));
    else if (kind === "server") this.#model.run = `run-${this.#scene.step}`;
    else if (kind === "lose") await this.#lose(pick);
    else if (kind === "fall") for (const part of fall) await this.#run(steps[part](this.#scene, pick), part);
    else if (kind === "finish") {
      for (const part of finish) {
        used = 0;
        await this.#run(steps[part](this.#scene, pick), part);
      }
    } else if (kind !== "late") await this.#run(steps[kind](this.#scene, pick), kind);
    else if (this.#history.length > 0) await this.#run(pick(this.#history.slice(-8)), kind);
  }

  async #run(call: Call, kind: string): Promise<void> {
    this.#history.push(call);
    const journalled = this.#model.journal.length;
    const { reply, state } = await this.#real.run(call.script, call.request as never, this.#model);
    const expected = call.model(this.#model, { moved: movedSince(journalled, state) });
    adoptIds(this.#model, state);
    const what = `${kind} ${call.script.name} ${JSON.stringify(call.request)}`;
    assert.deepStrictEqual(reply, expected, `another answer to ${what}`);
    assert.deepStrictEqual(comparable(state), comparable(this.#model), `another state after ${what}`);
    checkRules(state, this.#lost);
    this.#remember(call, reply);
  }

  #remember(call: Call, reply: unknown): void {
    for (const one of [reply].flat()) {
      const status = typeof one === "string" ? one : ((one as { status?: string }).status ?? "done");
      const isSendingOn = ((one as { stragglers?: number }).stragglers ?? 0) > 0;
      const name = `${call.script.name} ${isSendingOn ? "stragglers" : status}`;
      this.#tally.set(name, (this.#tally.get(name) ?? 0) + 1);
    }
    const { holder, token } = this.#model.leader;
    if (holder !== undefined && token !== undefined) this.#scene.tokens.set(holder, token);
    for (const { grant = "" } of Object.values(this.#model.records)) {
      if (!this.#scene.grants.includes(grant)) this.#scene.grants.push(grant);
    }
  }

  /** Takes one message out of an inbox, as an operator's mistake would. */
  async #lose(pick: Pick): Promise<void> {
    const members = Object.keys(this.#model.inboxes).filter((member) => this.#model.inboxes[member]?.length);
    if (members.length === 0) return;
    const member = pick(members);
    const rows = this.#model.inboxes[member] ?? [];
    const row = pick(rows);
    const { life, seq } = headerOf(row);
    this.#lost.add(`${life} ${seq}`);
    this.#model.inboxes[member] = rows.filter((other) => other !== row);
    await this.#real.loseRow(member, row.entryId);
  }
}
