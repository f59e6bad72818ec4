import {
  atRest,
  chatAdmin,
  describeVerdict,
  hubAdmin,
  Ledgers,
  lookAt,
  percentile,
  redisView,
  showLatencies,
  until,
  verdict,
} from "@dms/testkit";
import type { Watched } from "@dms/testkit";
import type { MemberLogs } from "./member-logs.ts";
import type { Tally } from "./tally.ts";

/** Where the ledgers are. */
export interface ProofPlaces {
  hubUrl: string;
  chatUrl: string;
  redisUrl: string;
}

/** What one step came to. */
interface StepRow {
  name: string;
  seconds: number;
  latencies: readonly number[];
  heard: number;
  suppressed: number;
  detail: string;
}

const channel = "whatsapp";
const flowMsMax = 180_000;
const restMsMax = 180_000;
/** Share of the messages shown in a planned step that the members must have told of. */
const heardMin = 0.9;
/** Messages that may be on their way for longer than a look. */
const waitingMax = 5;

/**
 * A proof on a real engine: a cluster under traffic, steps that hurt or move it, and the verdict of the ledgers. `planned`
 * steps must deliver nothing twice; the others may, as long as nothing is shown twice.
 */
export class Proof {
  readonly #logs: MemberLogs;
  readonly #tally: Tally;
  readonly #cluster: string;
  #watched: Watched | undefined;
  readonly #rows: StepRow[] = [];
  readonly #faults: string[] = [];
  readonly #startedAt = Date.now();

  /** `cluster` is the name in its configuration. `logs` explain, `tally` counts. */
  constructor({ cluster, logs, tally }: { cluster: string; logs: MemberLogs; tally: Tally }) {
    this.#cluster = cluster;
    this.#logs = logs;
    this.#tally = tally;
  }

  watch({ hubUrl, chatUrl, redisUrl }: ProofPlaces): void {
    const hub = hubAdmin(hubUrl);
    const chats = [chatAdmin(chatUrl)];
    const view = redisView(lookAt(redisUrl), { cluster: this.#cluster, partitions: 8 });
    this.#watched = { hub, chats, view, ledgers: new Ledgers({ hub, chats, redis: view, channels: [channel] }) };
  }

  get watched(): Watched {
    if (this.#watched === undefined) throw new Error("nothing is watched yet");
    return this.#watched;
  }

  say(text: string): void {
    console.log(`[${((Date.now() - this.#startedAt) / 1000).toFixed(0).padStart(4)} s] ${text}`);
  }

  fault(text: string): void {
    this.#faults.push(text);
    this.say(`FAULT: ${text}`);
  }

  async startTraffic(): Promise<void> {
    const { hub, chats } = this.watched;
    const describe = (): string =>
      "the stand-in for the hub does not answer: its port must be reachable from where this runs";
    await until(async () => (await hub.traffic()) !== undefined, { timeoutMs: flowMsMax, describe });
    // One session for each conversation, to the end: a second one would be a fault.
    await chats[0]?.setAgents({ endProbability: 0, thinkMs: { min: 200, max: 1500 }, joinMs: { min: 100, max: 500 } });
    const plan = {
      channel,
      rate: 20,
      conversations: 40,
      messagesPerConversation: 100_000,
      types: { text: 1 },
      seed: 5,
    };
    await hub.startTraffic(plan);
    await this.flow(200);
  }

  /** Waits until `count` more messages were shown. */
  async flow(count: number): Promise<void> {
    const goal = (await this.#shown()) + count;
    let shown = 0;
    await until(async () => (shown = await this.#shown()) >= goal, {
      timeoutMs: flowMsMax,
      everyMs: 200,
      describe: () => `only ${shown} of ${goal} messages were shown`,
    });
  }

  /**
   * Waits until what had come by one look is shown by the next, so that one step's lateness is not counted as the next one's.
   * A look takes a while itself: what comes meanwhile does not wait.
   */
  async #calm(): Promise<void> {
    let received = (await this.#counts()).received;
    let waiting = 0;
    const isCalm = async (): Promise<boolean> => {
      const counts = await this.#counts();
      waiting = received - counts.shown;
      received = counts.received;
      return waiting <= waitingMax;
    };
    const describe = (): string => `${waiting} messages wait to be shown`;
    await until(isCalm, { timeoutMs: flowMsMax, everyMs: 500, describe });
  }

  /** Runs one step under traffic, and prints what it cost the customers. */
  async step(name: string, { isPlanned }: { isPlanned: boolean }, act: () => Promise<string>): Promise<void> {
    await this.#calm();
    this.say(`${name} ...`);
    const before = await this.#tally.read();
    const since = Date.now();
    const detail = await act();
    const seconds = (Date.now() - since) / 1000;
    await this.flow(150);
    const flowing = Date.now();
    await this.#calm();
    if (Date.now() - flowing > 10_000)
      this.say(`${name}: calm after ${((Date.now() - flowing) / 1000).toFixed(0)} s more`);
    const latencies = showLatencies(this.watched.ledgers.history, since);
    const after = await this.#tally.read();
    const [heard, suppressed] = [after.shown - before.shown, after.suppressed - before.suppressed];
    const found = [detail, ...this.#evictions(since)].join("; ");
    this.#rows.push({ name, seconds, latencies, heard, suppressed, detail: found });
    this.say(`${name}: ${seconds.toFixed(1)} s; ${found}`);
    // What was not heard cannot be told to have happened once. Members that are killed take their last words with them.
    if (isPlanned && heard < latencies.length * heardMin)
      this.fault(`${name}: the members told of ${heard} of ${latencies.length} messages only`);
    if (isPlanned && suppressed > 0) this.fault(`${name}: ${suppressed} messages were delivered again`);
    const lateDrains = this.#logs.of("drain-ended", since).filter(({ left }) => isPlanned && Number(left) > 0);
    for (const { source, left } of lateDrains)
      this.fault(`${name}: ${source} left ${String(left)} conversations behind`);
  }

  /** Who was evicted in a step without having left, and by what proof: each partition says so, one line is enough. */
  #evictions(since: number): string[] {
    const dead = this.#logs.of("member-evicted", since).filter(({ cause }) => cause !== "left");
    const counts = Map.groupBy(dead, ({ cause }) => String(cause));
    return [...counts].map(([cause, lines]) => {
      const members = new Set(lines.map(({ member }) => String(member)));
      const lateMs = Math.max(...lines.map(({ sinceLeaseEndMs }) => Number(sinceLeaseEndMs)));
      return `${members.size} evicted (${cause}), at most ${lateMs} ms after the lease's end`;
    });
  }

  /** Ends the traffic, waits for rest, and judges what the ledgers then say. */
  async judge(): Promise<void> {
    const { hub, ledgers } = this.watched;
    await hub.stopTraffic();
    await atRest(this.watched, restMsMax).catch((caught: unknown) => this.fault(String(caught)));
    const judged = verdict(await ledgers.read(), { isAtRest: true });
    this.say(describeVerdict(judged));
    const { conversations, sessions, messages } = judged.compared;
    if (sessions !== conversations) this.fault(`${sessions} sessions for ${conversations} conversations`);
    if (messages < 500) this.fault(`only ${messages} messages: too few to prove anything`);
    if (!judged.isClean) this.fault("the ledgers are not clean");
    this.watched.view.close();
  }

  /** Prints what each step came to. Answers whether everything held. */
  conclude(): boolean {
    console.log(
      "\n| step | took | messages | p50 | p99 | slowest | delivered again | told of | |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    );
    for (const { name, seconds, latencies, heard, suppressed, detail } of this.#rows) {
      const [p50, p99, slowest] = [0.5, 0.99, 1].map((share) => `${percentile(latencies, share) ?? "–"} ms`);
      const cells = [name, `${seconds.toFixed(1)} s`, latencies.length, p50, p99, slowest, suppressed, heard, detail];
      console.log(`| ${cells.join(" | ")} |`);
    }
    console.log(this.#faults.length === 0 ? "\nproved" : `\nNOT PROVED\n${this.#faults.join("\n")}`);
    return this.#faults.length === 0;
  }

  async #shown(): Promise<number> {
    return (await this.#counts()).shown;
  }

  /** A ledger that cannot be read now is read later: its server may be the one that was hurt. */
  async #counts(): Promise<{ shown: number; received: number }> {
    const history = await this.watched.ledgers.read().catch(() => this.watched.ledgers.history);
    const conversations = [...history.conversations.values()];
    const shown = conversations.reduce((sum, each) => sum + each.shown.length, 0);
    const received = conversations.reduce((sum, each) => sum + each.inbound.length, 0);
    return { shown, received };
  }
}
