import type { Noise, Plan } from "./plan.ts";
import { silence } from "./plan.ts";

/** Whether a plan still fails in the way that matters. */
export type StillFails = (plan: Plan) => Promise<boolean>;

/**
 * Makes a failing plan smaller for as long as it still fails: noise, faults, messages and processes are taken out, halves
 * first, then one by one. Answers the smallest plan found within `runsMax` runs.
 */
export async function shrink(plan: Plan, stillFails: StillFails, runsMax: number): Promise<Plan> {
  const search = new Search(plan, stillFails, runsMax);
  for (let before = ""; before !== JSON.stringify(search.best); ) {
    before = JSON.stringify(search.best);
    await search.withoutNoise();
    await search.withoutSome("faults");
    await search.withoutSome("messages");
    await search.withFewer("workers");
    await search.withFewer("dispatchers");
    await search.withLess();
  }
  return search.best;
}

class Search {
  best: Plan;
  readonly #stillFails: StillFails;
  #runsLeft: number;

  constructor(plan: Plan, stillFails: StillFails, runsMax: number) {
    this.best = plan;
    this.#stillFails = stillFails;
    this.#runsLeft = runsMax;
  }

  async #try(changes: Partial<Plan>): Promise<boolean> {
    if (this.#runsLeft-- <= 0) return false;
    const candidate = { ...this.best, ...changes };
    if (!(await this.#stillFails(candidate))) return false;
    this.best = candidate;
    return true;
  }

  async withoutNoise(): Promise<void> {
    if (JSON.stringify(this.best.noise) === JSON.stringify(silence)) return;
    if (await this.#try({ noise: silence })) return;
    for (const kind of Object.keys(silence) as (keyof Noise)[]) {
      if (this.best.noise[kind] === silence[kind]) continue;
      await this.#try({ noise: { ...this.best.noise, [kind]: silence[kind] } });
    }
  }

  async withoutSome(list: "faults" | "messages"): Promise<void> {
    for (let size = this.best[list].length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < this.best[list].length; ) {
        const fewer = this.best[list].toSpliced(from, size);
        // A run without a message shows nothing.
        if (list === "messages" && fewer.length === 0) break;
        if (!(await this.#try({ [list]: fewer }))) from += size;
      }
    }
  }

  async withFewer(role: "workers" | "dispatchers"): Promise<void> {
    for (const name of this.best[role]) {
      if (this.best[role].length > 1) await this.#try({ [role]: this.best[role].filter((other) => other !== name) });
    }
  }

  /** What a reader need not think of: several partitions, agents who do this and that, more than one chat server. */
  async withLess(): Promise<void> {
    if (this.best.partitions > 1) await this.#try({ partitions: 1 });
    const { chat } = this.best;
    if (chat.servers > 1) await this.#try({ chat: { ...chat, servers: 1 } });
    for (const habit of ["notices", "files", "structured", "leaves", "answers"] as const) {
      const { agents } = this.best.chat;
      if (agents[habit] > 0) await this.#try({ chat: { ...this.best.chat, agents: { ...agents, [habit]: 0 } } });
    }
  }
}
