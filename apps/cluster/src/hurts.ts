import type { Clock } from "@dms/runtime";
import type { AppProcess, TestCluster } from "@dms/testkit";
import type { Chance } from "./chance.ts";
import type { Journal } from "./journal.ts";

/** What a key, or chance, does to the cluster. */
export type HurtKey = "w" | "d" | "f" | "r" | "c" | "h" | "+" | "-";

export interface HurtParts {
  cluster: TestCluster;
  clock: Clock;
  chance: Chance;
  journal: Journal;
  /** The hub is back, and its customers must begin anew. */
  onHubBack: () => Promise<void>;
}

/** Keys that chance may choose. */
export const randomHurts: readonly HurtKey[] = ["w", "w", "w", "d", "f", "r", "c", "h"];

const frozenMs = 6000;
const downMs = 5000;
const redisDownMs = 1000;
const deadMs = 2000;

/** Hurts the cluster and mends what does not mend itself. */
export class Hurts {
  readonly #parts: HurtParts;
  /** What is being mended, by name; a part is hurt in one way at a time. */
  readonly #pending = new Map<string, Promise<void>>();
  #added = 0;

  constructor(parts: HurtParts) {
    this.#parts = parts;
  }

  /** Does what the key stands for; other keys do nothing. Never rejects: what fails is noted in the journal. */
  async do(key: string): Promise<void> {
    const act = this.#acts[key as HurtKey];
    if (act === undefined) return;
    try {
      await act();
    } catch (caught) {
      this.#note(`that failed: ${caught instanceof Error ? (caught.message.split("\n")[0] ?? "") : String(caught)}`);
    }
  }

  /** Brings back what somebody else has killed: supervisors do so for their own child only. */
  mendDead(): void {
    const { cluster } = this.#parts;
    for (const { name, app, isRunning, isStopping } of cluster.apps.values()) {
      if (isRunning || isStopping || this.#pending.has(name)) continue;
      this.#note(`${name} is dead, it comes back in ${deadMs / 1000} s`);
      void this.#mend(name, () => this.#restartAfter(deadMs, { name, app })).catch(() =>
        this.#note(`${name} does not start`),
      );
    }
    const { redis } = cluster;
    if (redis === undefined || redis.pid !== undefined || this.#pending.has("redis")) return;
    this.#note("Redis is dead, it comes back at once");
    void this.#mend("redis", () => redis.start()).catch(() => this.#note("Redis does not start"));
  }

  /** Waits until everything that was hurt is back. */
  async mended(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending.values());
  }

  readonly #acts: Record<HurtKey, () => Promise<void>> = {
    w: async () => this.#killMember("worker"),
    d: async () => this.#killMember("dispatcher"),
    f: () => this.#freeze(),
    r: () => this.#killRedis(),
    c: () => this.#killMock("chat-mock"),
    h: () => this.#killMock("hub-mock"),
    "+": () => this.#add(),
    "-": () => this.#drain(),
  };

  #victim(app: AppProcess["app"]): AppProcess | undefined {
    const alive = [...this.#parts.cluster.apps.values()].filter(
      (each) => each.app === app && each.pid !== undefined && !this.#pending.has(each.name),
    );
    return this.#parts.chance.pick(alive);
  }

  #killMember(app: "worker" | "dispatcher"): void {
    const victim = this.#victim(app);
    if (victim === undefined) return this.#note(`there is no ${app} to kill now`);
    this.#note(`kill -9 ${victim.pid}: ${victim.name}`);
    victim.kill("SIGKILL");
  }

  async #freeze(): Promise<void> {
    const victim = this.#victim("worker");
    if (victim === undefined) return this.#note("there is no worker to freeze now");
    this.#note(`froze ${victim.name} for ${frozenMs / 1000} s`);
    victim.freeze();
    await this.#mend(victim.name, async () => {
      await this.#parts.clock.sleep(frozenMs);
      victim.thaw();
      this.#note(`thawed ${victim.name}`);
    });
  }

  async #killRedis(): Promise<void> {
    const { redis } = this.#parts.cluster;
    if (redis === undefined) return this.#note("this Redis is somebody else's: it is left alone");
    if (this.#pending.has("redis")) return this.#note("Redis is down already");
    await this.#mend("redis", async () => {
      this.#note(`kill -9 ${redis.pid}: Redis`);
      await redis.kill();
      await this.#parts.clock.sleep(redisDownMs);
      await redis.start();
      this.#note("Redis is back");
    });
  }

  async #killMock(app: "hub-mock" | "chat-mock"): Promise<void> {
    const victim = this.#victim(app);
    if (victim === undefined) return this.#note(`there is no ${app} to kill now`);
    await this.#mend(victim.name, async () => {
      this.#note(`kill -9 ${victim.pid}: ${victim.name}`);
      await victim.destroy();
      await this.#restartAfter(downMs, victim);
    });
  }

  async #restartAfter(ms: number, { name, app }: Pick<AppProcess, "name" | "app">): Promise<void> {
    const { cluster, clock, onHubBack } = this.#parts;
    await clock.sleep(ms);
    await cluster.restart(name);
    this.#note(`${name} is back`);
    if (app === "hub-mock") await onHubBack();
  }

  async #add(): Promise<void> {
    const name = `added-${++this.#added}`;
    await this.#mend(name, async () => {
      this.#note(`adding ${name}`);
      await this.#parts.cluster.addWorker({ name });
    });
  }

  async #drain(): Promise<void> {
    const workers = [...this.#parts.cluster.apps.values()].filter(
      ({ app, name, pid }) => app === "worker" && pid !== undefined && !this.#pending.has(name),
    );
    const last = workers.at(-1);
    if (last === undefined || workers.length === 1) return this.#note("the last worker stays");
    await this.#mend(last.name, async () => {
      this.#note(`SIGTERM to ${last.name}`);
      const { code } = await last.stop();
      this.#note(`${last.name} ended with exit code ${code}`);
    });
  }

  async #mend(name: string, work: () => Promise<void>): Promise<void> {
    const mending = work().finally(() => this.#pending.delete(name));
    this.#pending.set(name, mending);
    await mending;
  }

  #note(text: string): void {
    this.#parts.journal.note(text, this.#parts.clock.wall());
  }
}
