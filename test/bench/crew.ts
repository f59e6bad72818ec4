import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What a member of a crew is told to be: an export of `module` that takes `order` and a line to the bench. */
export interface Part<Order> {
  module: URL;
  role: string;
  order: Order;
  /** More arguments for node, as `--max-old-space-size=4096`. */
  nodeArgs?: readonly string[];
  /** Folder for a CPU profile of the whole life. */
  profileDir?: string | undefined;
}

/** A word over the line, with facts. */
export interface Word {
  word: string;
  facts: Record<string, number>;
}

/** What a role has in its own process: words from the bench and to it. */
export interface Line {
  say(word: string, facts?: Record<string, number>): void;
  /** Resolves with the first `word` not heard yet. */
  heard(word: string): Promise<Record<string, number>>;
}

export type Role<Order> = (order: Order, line: Line) => Promise<void>;

/** Words by kind, those that came and nobody has asked for yet, and those who wait. */
export class Mailbag {
  readonly #came: Word[] = [];
  readonly #waiting: { word: string; resolve: (facts: Record<string, number>) => void }[] = [];

  take(message: Word): void {
    const at = this.#waiting.findIndex(({ word }) => word === message.word);
    if (at < 0) this.#came.push(message);
    else this.#waiting.splice(at, 1)[0]?.resolve(message.facts);
  }

  heard(word: string): Promise<Record<string, number>> {
    const at = this.#came.findIndex((message) => message.word === word);
    if (at >= 0) return Promise.resolve(this.#came.splice(at, 1)[0]?.facts ?? {});
    return new Promise((resolve) => this.#waiting.push({ word, resolve }));
  }
}

const roleScript = fileURLToPath(new URL("role.ts", import.meta.url));
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** One process of a contestant. It never outlives the bench. */
export class CrewMember {
  readonly #child: ChildProcess;
  readonly #bag = new Mailbag();
  readonly #failed: Promise<never>;
  #isEnding = false;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    running.add(child);
    child.on("message", (message) => this.#bag.take(message as Word));
    this.#failed = new Promise((_, reject) => {
      child.once("exit", (code, signal) => {
        running.delete(child);
        if (!this.#isEnding) reject(new Error(`${name} ended by itself (${code ?? signal})`));
      });
    });
    this.#failed.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  say(word: string, facts: Record<string, number> = {}): void {
    this.#child.send({ word, facts } satisfies Word);
  }

  /** Rejects when the process ends, or says nothing of the kind in time. */
  async heard(word: string, timeoutMs = 120_000): Promise<Record<string, number>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no word "${word}" within ${timeoutMs} ms`)), timeoutMs);
    });
    return Promise.race([this.#bag.heard(word), this.#failed, late]).finally(() => clearTimeout(timer));
  }

  /** Ends it without a warning, as a lost machine would; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.say("end");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(timer);
  }
}

export function hire<Order>({ module, role, order, nodeArgs = [], profileDir }: Part<Order>): CrewMember {
  const profile = profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`];
  if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });
  const child = fork(roleScript, [JSON.stringify({ module: module.href, role, order })], {
    execArgv: ["--disable-warning=ExperimentalWarning", ...profile, ...nodeArgs],
    serialization: "json",
  });
  return new CrewMember(child, role);
}
