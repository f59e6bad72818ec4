import type { Clock, TrustSource } from "@dms/rules";
import type { Durability, RedisSettings } from "@dms/runtime";
import { DmsError, messageOf } from "@dms/runtime";
import { ClusterRoutes } from "./cluster-routes.ts";
import { writeBarrierCommand, checkServer, type WriteBarrier } from "./durability.ts";
import { adviceOn } from "./redis-advice.ts";
import type { RedisClient } from "./redis-client.ts";
import { isUnconnected, redisFault } from "./redis-fault.ts";
import { type Affects, OneServer, type Routes } from "./routes.ts";
import { type Script, type ScriptReply, withText } from "./script.ts";
import type { Connect, ServerLink } from "./server-link.ts";

/** `outcome` is `ok` or the code of the error. */
export type OnCommand = (command: string, outcome: string, durationMs: number) => void;

export interface WireOptions {
  settings: RedisSettings;
  /** Certificates that may be renewed; those of the settings without it. */
  trust?: TrustSource | undefined;
  durability: Durability;
  durabilityTimeoutMs: number;
  clock: Clock;
  /** Told when the server cannot be reached yet, and what a check could not see. */
  onNotice: (notice: string) => void;
  onCommand?: OnCommand;
  /** Opens a connection; the simulator puts its own here. */
  connect?: Connect;
}

type Argument = string | number;

/** How often a start that waits for Redis says so. */
export const noticeEveryMs = 5000;
const startRetryMs = 250;
/** How often one call follows a slot to another node. */
const hopsMax = 5;

/**
 * The connections of one process and the running of scripts over them.
 * States: closed -> open (after `open`) <-> lost (any connection down) -> closed (after `close`).
 * Every loss and every return of a server calls the reset listeners with what it concerns: what is known of Redis there may
 * be of another server, or of another past (A11).
 */
export class RedisWire {
  readonly #options: WireOptions;
  readonly #routes: Routes;
  readonly #resetListeners = new Set<(affects: Affects) => void>();
  readonly #telling = new WeakMap<object, object>();
  #barrier: WriteBarrier = { kind: "none" };
  #isClosed = false;
  #isOpen = false;

  constructor(options: WireOptions) {
    this.#options = options;
    const { settings, trust, durabilityTimeoutMs, clock, connect } = options;
    const onReset = (affects: Affects): void => this.#reset(affects);
    const routesOptions = { settings, trust, durabilityTimeoutMs, clock, onReset, ...(connect && { connect }) };
    this.#routes = settings.mode === "cluster" ? new ClusterRoutes(routesOptions) : new OneServer(routesOptions);
  }

  /**
   * Waits for Redis as long as it takes, saying so, then checks it. Throws for a server that cannot serve, and
   * `DMS_STOPPED` when the wire is closed meanwhile.
   */
  async open(): Promise<void> {
    const { clock, settings } = this.#options;
    // Says nothing of the moment in which the first connection is made, nor before a reason is known or the time is over.
    let saidAt = clock.monotonic() - noticeEveryMs + 2 * startRetryMs;
    const knownAt = clock.monotonic() + settings.connectTimeoutMs + startRetryMs;
    while (!this.#isClosed) {
      try {
        // All of them: the first durable write must not find its connection still on the way.
        await this.#routes.open();
        for (const warning of await this.#check()) this.#options.onNotice(warning);
        this.#isOpen = true;
        return;
      } catch (caught) {
        const fault = redisFault(caught, "the first question");
        if (!fault.retryable) throw fault;
        const now = clock.monotonic();
        const isVague = /isn't writeable|is closed|timed out/.test(messageOf(caught));
        const reason = this.#routes.fault ?? (isVague && now < knownAt ? undefined : caught);
        if (reason !== undefined && now - saidAt >= noticeEveryMs) {
          saidAt = now;
          this.#options.onNotice(adviceOn(reason, settings));
        }
        await clock.sleep(startRetryMs);
      }
    }
    throw new DmsError("DMS_STOPPED", "stopped while waiting for Redis");
  }

  close(): void {
    this.#isClosed = true;
    this.#routes.close();
  }

  get isConnected(): boolean {
    return this.#routes.links.length > 0 && this.#routes.links.every((link) => link.isReady);
  }

  get isCluster(): boolean {
    return this.#options.settings.mode === "cluster";
  }

  /** The servers that hold keys now. */
  get links(): readonly ServerLink[] {
    return this.#routes.links;
  }

  /** The server of a key now; two keys of one server have the same. Throws while it has none, or none that can be reached. */
  linkOf(key: string): ServerLink {
    const link = this.#routes.linkOf(key);
    if (link.outage !== undefined) throw link.outage;
    return link;
  }

  /** Learns from an answer of a server where to ask instead; true when the command was not run and may be asked again. */
  follow(caught: unknown, asked: ServerLink): Promise<boolean> {
    return this.#routes.follow(caught, asked);
  }

  /** `affects` says of a key whether the reset concerns it. */
  onReset(listener: (affects: Affects) => void): () => void {
    this.#resetListeners.add(listener);
    return () => this.#resetListeners.delete(listener);
  }

  /** Runs one plain command at a key's server. */
  call(key: string, command: string, ...args: Argument[]): Promise<unknown> {
    return this.#at(key, ({ commands }) => commands.call(command, ...args));
  }

  /** Runs a transition. Throws a `DmsError`; a retryable one may have run. */
  async run<Request, Reply>(script: Script<Request, Reply>, prefix: string, request: Request): Promise<Reply> {
    const text = this.#textOf(script);
    const args = [prefix, ...script.encode(request)];
    const startedAt = this.#options.clock.monotonic();
    try {
      const reply = await this.#at(prefix, ({ commands }) => evaluate(commands, text, args));
      this.#tell(script.name, startedAt);
      return script.decode(reply, request);
    } catch (caught) {
      throw this.#failed(caught, script.name, startedAt);
    }
  }

  /**
   * Runs a transition and makes its writes durable, both on one connection; when the count is short, or the connection
   * changed in between, it throws and the caller does both again (A9).
   */
  async runDurably<Request, Reply>(script: Script<Request, Reply>, prefix: string, request: Request): Promise<Reply> {
    const barrier = writeBarrierCommand(this.#barrier);
    if (barrier === null) return this.run(script, prefix, request);
    const call = { script: this.#textOf(script), args: [prefix, ...script.encode(request)], after: barrier };
    const startedAt = this.#options.clock.monotonic();
    try {
      const [reply, count] = await this.#at(prefix, ({ durable }) => evaluateWith(durable, call));
      if (!barrier.isReached(count)) {
        const copies = `${String(count)} of ${String(barrier.args[0])} replicas have the write`;
        throw new DmsError("DMS_REDIS_NOT_DURABLE", `${copies}: link replicas, or lower cluster.durability`, {
          retryable: true,
          details: { doing: script.name, count: String(count) },
        });
      }
      this.#tell(script.name, startedAt);
      return script.decode(reply, request);
    } catch (caught) {
      throw this.#failed(caught, script.name, startedAt);
    }
  }

  #tell(command: string, startedAt: number, outcome = "ok"): void {
    const { onCommand, clock } = this.#options;
    onCommand?.(command, outcome, clock.monotonic() - startedAt);
  }

  #failed(caught: unknown, command: string, startedAt: number): DmsError {
    const fault = redisFault(caught, command);
    this.#tell(command, startedAt, fault.code);
    return fault;
  }

  /** Asks a key's server, and where the key's slot has gone, as often as it has gone on. */
  async #at<Answer>(key: string, ask: (link: ServerLink) => Promise<Answer>): Promise<Answer> {
    for (let hop = 1; ; hop++) {
      const link = this.#routes.linkOf(key);
      try {
        return await ask(link);
      } catch (caught) {
        if (isUnconnected(caught)) throw link.outage ?? caught;
        if (hop === hopsMax || !(await this.#routes.follow(caught, link))) throw caught;
      }
    }
  }

  /** Every server must be able to keep what the configuration promises. Answers warnings. */
  async #check(): Promise<string[]> {
    const { durability, durabilityTimeoutMs, settings } = this.#options;
    const warnings = new Set<string>();
    for (const link of this.#routes.links) {
      const check = await checkServer(link.commands, {
        durability,
        timeoutMs: durabilityTimeoutMs,
        mode: settings.mode,
      });
      this.#barrier = check.barrier;
      for (const warning of check.warnings) warnings.add(warning);
    }
    return [...warnings];
  }

  /** In a Redis Cluster readers cannot block on all their inboxes, so there the scripts tell them. */
  #textOf<Request, Reply>(script: Script<Request, Reply>): { sha: string; text: string } {
    if (!this.isCluster) return script;
    const known = this.#telling.get(script) as { sha: string; text: string } | undefined;
    if (known !== undefined) return known;
    const telling = withText(script, (text) =>
      text.replace("local tells_readers = false", "local tells_readers = true"),
    );
    this.#telling.set(script, telling);
    return telling;
  }

  #reset(affects: Affects): void {
    if (this.#isClosed) return;
    for (const listener of this.#resetListeners) listener(affects);
    if (this.#isOpen) this.#checkAgain();
  }

  /** Another server may be set otherwise than the one that was checked at the start. */
  #checkAgain(): void {
    if (!this.isConnected) return;
    this.#check().catch((caught: unknown) => {
      const fault = redisFault(caught, "the check of a new server");
      if (!fault.retryable) this.#options.onNotice(fault.message);
    });
  }
}

function isUnknownScript(caught: unknown): boolean {
  return messageOf(caught).startsWith("NOSCRIPT");
}

async function evaluate(
  client: RedisClient,
  script: { sha: string; text: string },
  args: Argument[],
): Promise<ScriptReply> {
  try {
    return (await client.call("evalsha", script.sha, 1, ...args)) as ScriptReply;
  } catch (caught) {
    if (!isUnknownScript(caught)) throw caught;
    return (await client.call("eval", script.text, 1, ...args)) as ScriptReply;
  }
}

/** Script and write barrier in one pipeline: the same socket carries both, or neither answer counts. */
async function evaluateWith(
  client: RedisClient,
  call: { script: { sha: string; text: string }; args: Argument[]; after: { command: string; args: Argument[] } },
): Promise<[ScriptReply, unknown]> {
  for (const [command, first] of [
    ["evalsha", call.script.sha],
    ["eval", call.script.text],
  ] as const) {
    const pipeline = client.pipeline();
    pipeline.call(command, first, 1, ...call.args);
    pipeline.call(call.after.command, ...call.after.args);
    const replies = (await pipeline.exec()) ?? [];
    const [scriptError, reply] = replies[0] ?? [new Error("no answer"), null];
    const [barrierError, count] = replies[1] ?? [new Error("no answer"), null];
    if (scriptError && command === "evalsha" && isUnknownScript(scriptError)) continue;
    if (scriptError) throw scriptError;
    if (barrierError) throw barrierError;
    return [reply as ScriptReply, count];
  }
  throw new DmsError("DMS_REDIS_SCRIPT", "a script was unknown right after it was sent");
}
