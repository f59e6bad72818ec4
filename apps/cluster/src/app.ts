import type { Clock } from "@dms/runtime";
import { type AppProcess, startCluster, type TestCluster } from "@dms/testkit";
import { Chance } from "./chance.ts";
import { startCustomers, type Writing } from "./customers.ts";
import { endCluster, endingLines } from "./ending.ts";
import { publicUrl, requireRedis } from "./foreign-redis.ts";
import { Hurts, randomHurts } from "./hurts.ts";
import { Journal } from "./journal.ts";
import type { ClusterOptions } from "./options.ts";
import { makePaint, plural } from "./paint.ts";
import { readConversations } from "./replay-file.ts";
import { show } from "./show.ts";
import type { Terminal } from "./terminal.ts";

/** What `main.ts` puts in. */
export interface ClusterAppParts {
  options: ClusterOptions;
  clock: Clock;
  /** The run's folder. */
  dir: string;
  isColored: boolean;
  print: (line: string) => void;
  /** Takes the terminal over; null where there is none. */
  openTerminal: ((onKey: (key: string) => void) => Terminal) | null;
  /** Aborts when the program is told to end. */
  stopWish: AbortController;
}

const hurtPauseMs = { min: 6000, max: 14_000 };

/** Runs the cluster from start to verdict; answers the exit code: 0 when clean, 1 when a checker found something. */
export async function runCluster(parts: ClusterAppParts): Promise<number> {
  const { clock, print, isColored, openTerminal } = parts;
  const paint = makePaint(isColored);
  const journal = new Journal();
  const { redisUrl, replayFile } = parts.options;
  // What may be wrong with them is told before anything starts.
  const written = replayFile === null ? null : readConversations(replayFile);
  if (redisUrl !== null) await requireRedis(redisUrl);
  const cluster = await start(parts, journal);
  const work = new ClusterRun(parts, { cluster, journal, writing: { ...parts.options, written } });
  const shown = new AbortController();
  const terminal = openTerminal?.((key) => work.press(key)) ?? null;
  const onFrame = (): void => work.look();
  const stage = (): string => work.stage;
  const showing = show({ cluster, clock, journal, terminal, isColored, print, onFrame, stage }, shown.signal);
  try {
    await work.untilTold();
    const ending = await work.end();
    shown.abort();
    await showing;
    terminal?.close();
    for (const line of endingLines(ending, paint)) print(line);
    return ending.verdict.isClean && ending.unrest === "" ? 0 : 1;
  } finally {
    shown.abort();
    terminal?.close();
    await cluster.stop();
    print(`logs and stores: ${cluster.dir}`);
  }
}

async function start({ options, clock, dir, print }: ClusterAppParts, journal: Journal): Promise<TestCluster> {
  const startedAt = clock.monotonic();
  const { workers, dispatchers, chatServers, redisUrl, seed } = options;
  const counts = { worker: workers, dispatcher: dispatchers, "chat server": chatServers };
  const all = Object.entries(counts).map(([what, count]) => plural(count, what));
  const whichRedis = redisUrl === null ? "Redis" : `no Redis: theirs is at ${publicUrl(redisUrl)}`;
  print(`starting ${all.join(", ")}, a hub and ${whichRedis}`);
  print(`logs: ${dir}`);
  let isStarting = true;
  const watch = (app: AppProcess): void => {
    app.onEvent((event) => journal.take(app.name, event, clock.wall()));
  };
  const cluster = await startCluster({
    workers,
    dispatchers,
    chatServers,
    dir,
    isSupervised: true,
    redis: redisUrl === null ? { appendOnly: true } : { url: redisUrl },
    // Another Redis may know a cluster of the usual name already.
    name: redisUrl === null ? "dms" : `dms-start-${process.pid}`,
    config: { "hub-mock": { seed }, "chat-mock": { seed } },
    onReady: (name, readyMs) => {
      if (isStarting) print(`  ${name.padEnd(14)} ready in ${Math.round(readyMs)} ms`);
    },
    onSpawn: watch,
  });
  isStarting = false;
  print(`all ready in ${((clock.monotonic() - startedAt) / 1000).toFixed(1)} s`);
  return cluster;
}

/** One run of a cluster that is up: customers, hurts, end. */
class ClusterRun {
  stage = "";
  readonly #parts: ClusterAppParts;
  readonly #cluster: TestCluster;
  readonly #writing: Writing;
  readonly #hurts: Hurts;
  readonly #chance: Chance;
  #rounds = 0;

  constructor(
    parts: ClusterAppParts,
    { cluster, journal, writing }: { cluster: TestCluster; journal: Journal; writing: Writing },
  ) {
    this.#parts = parts;
    this.#cluster = cluster;
    this.#writing = writing;
    const { clock, options } = parts;
    this.#chance = new Chance(options.seed);
    const onHubBack = (): Promise<void> => this.#startCustomers();
    this.#hurts = new Hurts({ cluster, clock, chance: this.#chance, journal, onHubBack });
  }

  press(key: string): void {
    const { stopWish } = this.#parts;
    if (key === "q" || key === "\u0003") stopWish.abort();
    else if (!stopWish.signal.aborted) void this.#hurts.do(key);
  }

  /** Mends what died by itself, as long as nobody wants an end. */
  look(): void {
    if (!this.#parts.stopWish.signal.aborted) this.#hurts.mendDead();
  }

  /** Resolves when the program is told to end, or its time is over. */
  async untilTold(): Promise<void> {
    const { clock, options, stopWish } = this.#parts;
    await this.#startCustomers();
    if (options.isHurting) void this.#hurtAtRandom();
    await clock.sleep(options.seconds === null ? 2 ** 31 - 1 : options.seconds * 1000, stopWish.signal);
    stopWish.abort();
  }

  async end() {
    this.stage = "ending: waiting for what was hurt";
    await this.#hurts.mended();
    const { clock } = this.#parts;
    return endCluster(this.#cluster, { clock, onStage: (stage) => (this.stage = stage) });
  }

  async #startCustomers(): Promise<void> {
    if (this.#parts.stopWish.signal.aborted) return;
    await startCustomers(this.#cluster, this.#writing, this.#rounds++);
  }

  async #hurtAtRandom(): Promise<void> {
    const { clock, stopWish } = this.#parts;
    for (;;) {
      const pauseMs = hurtPauseMs.min + this.#chance.fraction() * (hurtPauseMs.max - hurtPauseMs.min);
      await clock.sleep(pauseMs, stopWish.signal);
      if (stopWish.signal.aborted) return;
      void this.#hurts.do(this.#chance.pick(randomHurts) ?? "w");
    }
  }
}
