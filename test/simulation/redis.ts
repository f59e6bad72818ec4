import type { Chance } from "./chance.ts";
import { wallStartMs } from "./process.ts";
import type { RespClient, RespReply } from "./resp-client.ts";
import { RespError } from "./resp-client.ts";
import type { Schedule, Step } from "./schedule.ts";
import type { HeldScript } from "./script-texts.ts";

/** A write as it was executed, to be executed again at a replica. */
type Executed = readonly (string | number)[];

/** A read that waits for entries. */
export interface ParkedRead {
  keys: string[];
  args: (string | number)[];
  answer: (reply: RespReply) => void;
  expiry: Step;
}

/** One Redis server as processes see it. Its data are a database of the real one. */
export interface ServerState {
  database: number;
  runId: string;
  isUp: boolean;
  /** By how much its clock differs from virtual time; milliseconds. */
  clockOffsetMs: number;
  /** All that was written since its data were empty. */
  journal: Executed[];
  /** How much of the journal the replica has. */
  replicated: number;
  /** Without a link to the replica nothing is replicated and WAIT counts none. */
  isReplicaLinked: boolean;
  /** Script texts that it knows. */
  loaded: Set<string>;
  parked: Set<ParkedRead>;
  /** While memory is at its limit. */
  isFull: boolean;
}

/** What the simulator counts and keeps of each call. */
export type WatchCall = (script: HeldScript, args: readonly (string | number)[], reply: RespReply) => void;

const appending = new Set(["accept", "forward", "rehome", "handoff"]);
const readOnly = new Set(["inspect"]);

/**
 * The Redis of one run: the real server executes what arrives, one command at a time, with time and run id from here. A
 * fail-over runs the journal again in another database up to what the replica had: what came after is lost.
 */
export class SimulatedRedis {
  primary: ServerState;
  readonly #client: RespClient;
  readonly #schedule: Schedule;
  readonly #chance: Chance;
  readonly #byText = new Map<string, HeldScript>();
  readonly #bySha = new Map<string, HeldScript>();
  readonly #watch: WatchCall;
  #database = 0;
  calls = 0;

  constructor(
    parts: { client: RespClient; schedule: Schedule; chance: Chance; scripts: readonly HeldScript[] },
    watch: WatchCall,
  ) {
    this.#client = parts.client;
    this.#schedule = parts.schedule;
    this.#chance = parts.chance;
    this.#watch = watch;
    for (const script of parts.scripts) {
      this.#byText.set(script.text, script);
      this.#bySha.set(script.sha, script);
    }
    this.primary = this.#newServer(0);
  }

  /** Empties the real server. */
  async open(): Promise<void> {
    await this.#client.call("CONFIG", "SET", "maxmemory", "0");
    await this.#client.call("SELECT", 0);
    await this.#client.call("FLUSHALL");
  }

  /** Time by a server's clock, in whole milliseconds. */
  timeOf(server: ServerState): number {
    return Math.floor(wallStartMs + this.#schedule.now / 1000) + server.clockOffsetMs;
  }

  /** Executes a script by its name (`evalsha`) or its text (`eval`). */
  async runScript(server: ServerState, command: string, args: readonly (string | number)[]): Promise<RespReply> {
    const [first = "", , prefix = "", ...rest] = args;
    const script = command === "eval" ? this.#byText.get(String(first)) : this.#bySha.get(String(first));
    if (script === undefined)
      throw new Error(`a script that the simulator does not know: ${String(first).slice(0, 80)}`);
    if (command === "eval") server.loaded.add(script.sha);
    else if (!server.loaded.has(script.sha)) return new RespError("NOSCRIPT No matching script. Please use EVAL.");
    const call = ["EVALSHA", script.heldSha, 3, prefix, this.timeOf(server), server.runId, ...rest];
    const reply = await this.#send(server, call);
    this.#watch(script, args.slice(2), reply);
    if (reply instanceof RespError) return reply;
    if (!readOnly.has(script.name)) server.journal.push(call);
    if (appending.has(script.name)) await this.#feedParked(server, String(prefix));
    return reply;
  }

  /** The transition that a command runs; "" for any other command. */
  nameOf(args: readonly (string | number)[]): string {
    const text = String(args[1]);
    return (this.#bySha.get(text) ?? this.#byText.get(text))?.name ?? "";
  }

  /** Executes a plain command that reads. */
  read(server: ServerState, args: readonly (string | number)[]): Promise<RespReply> {
    return this.#send(server, args);
  }

  /** Reads streams; without entries the read waits at the server until there are some, or `blockMs` have passed. */
  async readStreams(
    server: ServerState,
    wish: { args: (string | number)[]; blockMs: number },
    answer: (reply: RespReply) => void,
  ): Promise<() => void> {
    const reply = await this.#send(server, ["XREAD", ...wish.args]);
    if (reply !== null) {
      answer(reply);
      return () => undefined;
    }
    const keysFrom = wish.args.indexOf("streams") + 1;
    const keys = wish.args.slice(keysFrom, keysFrom + (wish.args.length - keysFrom) / 2).map(String);
    const expiry = this.#schedule.in(wish.blockMs, () => {
      server.parked.delete(parked);
      answer(null);
    });
    const parked: ParkedRead = { keys, args: wish.args, answer, expiry };
    server.parked.add(parked);
    return () => {
      expiry.isCancelled = true;
      server.parked.delete(parked);
    };
  }

  /** The data of the primary as somebody sees them who looks inside. */
  look(...args: (string | number)[]): Promise<RespReply> {
    return this.#send(this.primary, args);
  }

  /** Deletes a row of a stream as somebody would by hand. */
  async deleteRow(key: string, id: string): Promise<void> {
    const call = ["XDEL", key, id];
    await this.#send(this.primary, call);
    this.primary.journal.push(call);
  }

  /** The same server comes back, as another run; nothing happens to one that runs. */
  restart(): void {
    if (this.primary.isUp) return;
    this.primary.runId = this.#chance.token(10);
    this.primary.loaded.clear();
    this.primary.isUp = true;
  }

  stop(): void {
    this.primary.isUp = false;
    this.#end(this.primary);
  }

  /**
   * The replica takes over with what it has, and with some of what came after by chance unless the `isWhole` tail is lost.
   * Answers how many writes were. The former server stays as it is, for processes that still talk to it.
   */
  async failOver({ clockOffsetMs, isWhole }: { clockOffsetMs: number; isWhole?: boolean }): Promise<number> {
    const former = this.primary;
    const kept = isWhole === true ? former.replicated : this.#chance.whole(former.replicated, former.journal.length);
    const server = this.#newServer(former.database === 0 ? 1 : 0);
    server.clockOffsetMs = clockOffsetMs;
    server.journal = former.journal.slice(0, kept);
    server.replicated = kept;
    await this.#setFull(false);
    await this.#client.call("SELECT", server.database);
    await this.#client.call("FLUSHDB");
    const replies = await this.#client.all(server.journal);
    const failed = replies.find((reply) => reply instanceof RespError);
    if (failed) throw new Error(`the journal cannot be run again: ${String(failed)}`);
    await this.#client.call("SELECT", this.#database);
    this.primary = server;
    return former.journal.length - kept;
  }

  async setFull(isFull: boolean): Promise<void> {
    this.primary.isFull = isFull;
    await this.#setFull(isFull);
  }

  async #setFull(isFull: boolean): Promise<void> {
    await this.#client.call("CONFIG", "SET", "maxmemory", isFull ? "1" : "0");
  }

  /** Answers every read that waits, as a server does that goes away: not at all. */
  #end(server: ServerState): void {
    for (const parked of server.parked) parked.expiry.isCancelled = true;
    server.parked.clear();
  }

  async #feedParked(server: ServerState, prefix: string): Promise<void> {
    for (const parked of server.parked) {
      if (!parked.keys.some((key) => key.startsWith(prefix))) continue;
      const reply = await this.#send(server, ["XREAD", ...parked.args]);
      if (reply === null) continue;
      server.parked.delete(parked);
      parked.expiry.isCancelled = true;
      parked.answer(reply);
    }
  }

  async #send(server: ServerState, call: readonly (string | number)[]): Promise<RespReply> {
    this.calls++;
    if (server.database === this.#database) return this.#client.call(...call);
    this.#database = server.database;
    const [, reply = null] = await this.#client.all([["SELECT", server.database], call]);
    return reply;
  }

  #newServer(database: number): ServerState {
    return {
      database,
      runId: this.#chance.token(10),
      isUp: true,
      clockOffsetMs: 0,
      journal: [],
      replicated: 0,
      isReplicaLinked: true,
      loaded: new Set(),
      parked: new Set(),
      isFull: false,
    };
  }
}
