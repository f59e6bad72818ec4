import type { Clock } from "@dms/rules";
import type { DmsError, RedisSettings } from "@dms/runtime";
import { connectionFault } from "./redis-advice.ts";
import {
  openClient,
  openNodeClient,
  type Address,
  type ClientOptions,
  type Purpose,
  type RedisClient,
} from "./redis-client.ts";

export interface ServerLinkOptions extends Omit<ClientOptions, "onFault"> {
  /** A node of a Redis Cluster; absent for the one writable server of every other form. */
  node?: Address;
  clock: Clock;
  /** A connection was lost, or there is a new one: what is known of the server may be of another one, or of another past. */
  onReset: (link: ServerLink) => void;
  /** Opens a connection to the one writable server in the place of `openClient`. */
  connect?: Connect;
}

export type Connect = (options: ClientOptions, purpose: Purpose) => RedisClient;

const purposes: readonly Purpose[] = ["commands", "durable", "blocking"];

/**
 * The connections to one server, one for each purpose.
 * States: connecting -> ready (all of them are) -> lost (one is not) -> ready ... -> closed. When one is lost all are made
 * anew: after a fail-over no two of them may speak with different servers.
 */
export class ServerLink {
  readonly node: Address | undefined;
  readonly #clients: Record<Purpose, RedisClient>;
  readonly #onReset: () => void;
  readonly #clock: Clock;
  readonly #settings: RedisSettings;
  readonly #patienceMs: number;
  readonly #greetingMs: number;
  /** Cancels the time-out of each connection that is accepted and not answered yet. */
  readonly #greetings = new Map<Purpose, () => void>();
  #waiting: (() => void)[] = [];
  /** Connections that were ready and have not closed since. */
  readonly #ready = new Set<Purpose>();
  #wasReady = false;
  #isClosed = false;
  /** Why a connection could not be had when it was last tried. */
  fault: Error | undefined;

  constructor({ node, onReset, clock, connect = openClient, ...options }: ServerLinkOptions) {
    this.node = node;
    this.#clock = clock;
    this.#settings = node === undefined ? options.settings : { ...options.settings, nodes: [node] };
    this.#patienceMs = options.settings.connectTimeoutMs;
    this.#greetingMs = options.settings.connectTimeoutMs;
    this.#onReset = () => onReset(this);
    const open = (purpose: Purpose): RedisClient => {
      const opening = { ...options, onFault: (fault: Error): void => this.#failed(purpose, fault) };
      return node === undefined ? connect(opening, purpose) : openNodeClient(opening, purpose, node);
    };
    this.#clients = { commands: open("commands"), durable: open("durable"), blocking: open("blocking") };
    for (const purpose of purposes) {
      this.#clients[purpose].on("close", () => this.#lost(purpose));
      this.#clients[purpose].on("ready", () => this.#found(purpose));
      this.#clients[purpose].on("connect", () => this.#expect(purpose));
    }
  }

  get commands(): RedisClient {
    return this.#clients.commands;
  }

  get durable(): RedisClient {
    return this.#clients.durable;
  }

  get blocking(): RedisClient {
    return this.#clients.blocking;
  }

  get isReady(): boolean {
    return this.#ready.size === purposes.length;
  }

  /** Why calls find no connection now, with the remedy; undefined while there is one, and where no reason is known. */
  get outage(): DmsError | undefined {
    return this.fault === undefined || this.isReady ? undefined : connectionFault(this.fault, this.#settings);
  }

  /** Throws unless every connection answers. */
  async ping(): Promise<void> {
    await Promise.all(purposes.map((purpose) => this.#clients[purpose].call("ping")));
  }

  /** Resolves when the link is ready, or a connection's time-out later. Never rejects. */
  settled(): Promise<void> {
    if (this.isReady) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(this.#patienceMs, resolve);
    this.#waiting.push(() => {
      cancel();
      resolve();
    });
    return promise;
  }

  close(): void {
    this.#isClosed = true;
    this.#release();
    for (const purpose of purposes) this.#greeted(purpose);
    for (const purpose of purposes) this.#clients[purpose].disconnect();
  }

  /** What a connection died of is no reason why there is no other: the next attempt tells. */
  #failed(purpose: Purpose, fault: Error): void {
    if (!this.#ready.has(purpose)) this.fault = fault;
  }

  /** Also called for an attempt that failed, which loses nothing. */
  #lost(lost: Purpose): void {
    this.#greeted(lost);
    if (this.#isClosed || !this.#ready.delete(lost)) return;
    for (const purpose of this.#ready) this.#clients[purpose].disconnect(true);
    this.#ready.clear();
    if (!this.#wasReady) return;
    this.#wasReady = false;
    this.#onReset();
  }

  /** A frozen server accepts connections, and answers nothing on them: that, too, is opening a connection. */
  #expect(purpose: Purpose): void {
    this.#greeted(purpose);
    const giveUp = this.#clock.after(this.#greetingMs, () => {
      this.#failed(purpose, new Error("no answer on a new connection"));
      this.#clients[purpose].disconnect(true);
    });
    this.#greetings.set(purpose, giveUp);
  }

  #greeted(purpose: Purpose): void {
    this.#greetings.get(purpose)?.();
    this.#greetings.delete(purpose);
  }

  #found(found: Purpose): void {
    this.#greeted(found);
    if (this.#isClosed) return;
    this.#ready.add(found);
    if (this.#ready.size < purposes.length) return;
    this.#wasReady = true;
    this.fault = undefined;
    this.#release();
    this.#onReset();
  }

  #release(): void {
    for (const release of this.#waiting.splice(0)) release();
  }
}
