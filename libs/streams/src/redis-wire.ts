import type { Clock } from "@dms/rules";
import type { Durability, RedisSettings } from "@dms/runtime";
import { DmsError, messageOf } from "@dms/runtime";
import { barrierCommand, checkServer, type Barrier } from "./durability.ts";
import { openClient, type Purpose, type RedisClient } from "./redis-client.ts";
import { redisFault } from "./redis-fault.ts";
import type { Script, ScriptReply } from "./script.ts";

/** `outcome` is `ok` or the code of the error. */
export type OnCommand = (command: string, outcome: string, durationMs: number) => void;

export interface WireOptions {
  settings: RedisSettings;
  durability: Durability;
  durabilityTimeoutMs: number;
  clock: Clock;
  /** Told when the server cannot be reached yet, and what a check could not see. */
  onNotice: (notice: string) => void;
  onCommand?: OnCommand;
}

/** How often a start that waits for Redis says so. */
const noticeEveryMs = 5000;
const startRetryMs = 250;

/**
 * The connections of one process and the running of scripts over them.
 * States: closed -> open (after `open`) <-> lost (any connection down) -> closed (after `close`).
 * Every loss and every return calls the reset listeners: what is known of Redis may be of another server (A11).
 */
export class RedisWire {
  readonly #options: WireOptions;
  readonly #clients: Record<Purpose, RedisClient>;
  readonly #resetListeners = new Set<() => void>();
  #barrier: Barrier = { kind: "none" };
  #isClosed = false;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#clients = {
      commands: openClient(options.settings, "commands"),
      durable: openClient(options.settings, "durable"),
      blocking: openClient(options.settings, "blocking"),
    };
    for (const client of Object.values(this.#clients)) {
      for (const event of ["close", "ready", "-node", "+node"]) client.on(event, () => this.#reset());
    }
  }

  /**
   * Waits for Redis as long as it takes, saying so, then checks it. Throws for a server that cannot serve, and
   * `DMS_STOPPED` when the wire is closed meanwhile.
   */
  async open(): Promise<void> {
    // Says nothing of the moment in which the first connection is made.
    let saidAt = this.#options.clock.monotonic() - noticeEveryMs + 2 * startRetryMs;
    while (!this.#isClosed) {
      try {
        // All of them: the first durable write must not find its connection still on the way.
        await Promise.all(Object.values(this.#clients).map((client) => client.call("ping")));
        const { durability, durabilityTimeoutMs } = this.#options;
        const check = await checkServer(this.#clients.commands, durability, durabilityTimeoutMs);
        this.#barrier = check.barrier;
        for (const warning of check.warnings) this.#options.onNotice(warning);
        return;
      } catch (caught) {
        const fault = redisFault(caught, "the first question");
        if (!fault.retryable) throw fault;
        const now = this.#options.clock.monotonic();
        if (now - saidAt >= noticeEveryMs) {
          saidAt = now;
          const [node] = this.#options.settings.nodes;
          this.#options.onNotice(`waiting for Redis at ${node?.host}:${node?.port}: ${fault.message}`);
        }
        await this.#options.clock.sleep(startRetryMs);
      }
    }
    throw new DmsError("DMS_STOPPED", "stopped while waiting for Redis");
  }

  close(): void {
    this.#isClosed = true;
    for (const client of Object.values(this.#clients)) client.disconnect();
  }

  get isConnected(): boolean {
    return this.#clients.commands.status === "ready";
  }

  get isCluster(): boolean {
    return this.#options.settings.mode === "cluster";
  }

  get commands(): RedisClient {
    return this.#clients.commands;
  }

  get blocking(): RedisClient {
    return this.#clients.blocking;
  }

  onReset(listener: () => void): () => void {
    this.#resetListeners.add(listener);
    return () => this.#resetListeners.delete(listener);
  }

  /** Runs a transition. Throws a `DmsError`; a retryable one may have run. */
  async run<Request, Reply>(script: Script<Request, Reply>, prefix: string, request: Request): Promise<Reply> {
    const startedAt = this.#options.clock.monotonic();
    try {
      const reply = await evaluate(this.#clients.commands, script, [prefix, ...script.encode(request)]);
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
    const barrier = barrierCommand(this.#barrier);
    if (barrier === null) return this.run(script, prefix, request);
    const args = [prefix, ...script.encode(request)];
    const startedAt = this.#options.clock.monotonic();
    try {
      const [reply, count] = await evaluateWith(this.#clients.durable, { script, args, after: barrier });
      if (!barrier.isReached(count)) {
        throw new DmsError("DMS_REDIS_NOT_DURABLE", `${script.name} ran, but too few copies are durable yet`, {
          retryable: true,
          details: { count: String(count) },
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

  #reset(): void {
    if (this.#isClosed) return;
    for (const listener of this.#resetListeners) listener();
  }
}

function isUnknownScript(caught: unknown): boolean {
  return messageOf(caught).startsWith("NOSCRIPT");
}

async function evaluate(
  client: RedisClient,
  script: { sha: string; text: string },
  args: (string | number)[],
): Promise<ScriptReply> {
  try {
    return (await client.call("evalsha", script.sha, 1, ...args)) as ScriptReply;
  } catch (caught) {
    if (!isUnknownScript(caught)) throw caught;
    return (await client.call("eval", script.text, 1, ...args)) as ScriptReply;
  }
}

/** Script and barrier in one pipeline: the same socket carries both, or neither answer counts. */
async function evaluateWith(
  client: RedisClient,
  call: {
    script: { sha: string; text: string };
    args: (string | number)[];
    after: { command: string; args: (string | number)[] };
  },
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
