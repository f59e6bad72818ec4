import { EventEmitter } from "node:events";
import { type ClientOptions, patience, type Purpose, type RedisClient } from "@dms/streams";
import type { Chance } from "./chance.ts";
import type { Link } from "./links.ts";
import type { Noise } from "./plan.ts";
import type { SimulatedProcess } from "./process.ts";
import type { ServerState, SimulatedRedis } from "./redis.ts";
import { RespError, type RespReply } from "./resp-client.ts";
import type { Schedule, Step } from "./schedule.ts";

interface Request {
  args: (string | number)[];
  settle: (reply: RespReply | Error) => void;
  isSettled: boolean;
  /** Its arrival at the server, while it is on its way. */
  arrival: Step | null;
  /** Nobody waits for its answer: the socket is gone. */
  isOrphan: boolean;
}

export interface ConnectionParts {
  schedule: Schedule;
  redis: SimulatedRedis;
  link: Link;
  owner: SimulatedProcess;
  noise: () => Noise;
  happen: (process: string, call: string, phase: "sent" | "executed") => void;
}

const reconnectMs = 50;

/**
 * A connection as `RedisWire` sees one. What is sent arrives in order, and is answered in order. When the socket is lost,
 * what was under way may still arrive later, after what a newer connection sent. States: connecting -> ready <-> closed -> ended.
 */
export class SimulatedConnection {
  status = "connecting";
  readonly #parts: ConnectionParts;
  readonly #chance: Chance;
  readonly #commandTimeoutMs: number | null;
  /** How long the socket may be silent with a request under way before it is given up. */
  readonly #silenceMsMax: number;
  #silence: Step | null = null;
  readonly #events = new EventEmitter();
  #server: ServerState | null = null;
  #requests = new Set<Request>();
  #cancelRead: (() => void) | null = null;
  #lastArrival = 0;
  #lastReply = 0;
  /** Length of the server's journal after the last write of this connection: what WAIT waits for. */
  #written = 0;

  constructor(parts: ConnectionParts, options: ClientOptions, purpose: Purpose) {
    this.#parts = parts;
    this.#chance = parts.owner.chance.stream(`redis ${purpose}`);
    const { commandTimeout, socketTimeout } = patience(options, purpose);
    this.#commandTimeoutMs = commandTimeout ?? null;
    this.#silenceMsMax = socketTimeout ?? Number.POSITIVE_INFINITY;
    parts.link.add(this);
    this.#reconnectIn(1);
  }

  /** As the product's library would make it: it has no more than what the product calls. */
  get client(): RedisClient {
    return this as unknown as RedisClient;
  }

  on(event: string, listener: () => void): this {
    this.#events.on(event, listener);
    return this;
  }

  /** Closed by its own process, which may be dead by now: what it sent is on its way. Or only given up, and made anew. */
  disconnect(isMadeAnew = false): void {
    if (isMadeAnew) return this.break();
    this.status = "end";
    this.#parts.link.remove(this);
    this.#loseSocket({ isByOwner: true });
  }

  async call(command: string, ...args: (string | number)[]): Promise<unknown> {
    const reply = await this.#request([command, ...args]);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  /** Commands that travel together, on one socket. */
  pipeline() {
    const commands: (string | number)[][] = [];
    return {
      call: (command: string, ...args: (string | number)[]) => commands.push([command, ...args]),
      exec: async (): Promise<[Error | null, unknown][]> => {
        const replies = await Promise.all(commands.map((args) => this.#request(args)));
        return replies.map((reply) => (reply instanceof Error ? [reply, null] : [null, reply]));
      },
    };
  }

  /**
   * The socket is lost, now, from outside; the process learns of it in its next step. What is under way arrives `lateMs`
   * later, or as chance has it.
   */
  break(lateMs?: number): void {
    if (this.status !== "ready") return;
    this.status = "close";
    this.#loseSocket({ isByOwner: false, lateMs });
    this.#parts.owner.in(0, () => {
      if (this.status === "end") return;
      this.#events.emit("close");
      this.#reconnectIn(reconnectMs);
    });
  }

  #reconnectIn(ms: number): void {
    this.#parts.owner.in(ms + this.#chance.whole(0, reconnectMs), () => this.#connect());
  }

  #connect(): void {
    if (this.status === "end" || this.status === "ready") return;
    const { link, redis } = this.#parts;
    if (link.isCut || link.isStalled || !redis.primary.isUp) return this.#reconnectIn(reconnectMs * 4);
    this.#server = redis.primary;
    this.#written = 0;
    this.status = "ready";
    this.#events.emit("ready");
  }

  #request(args: (string | number)[]): Promise<RespReply | Error> {
    if (this.status !== "ready") {
      return Promise.resolve(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    }
    return new Promise((resolve) => {
      const timeout =
        this.#commandTimeoutMs === null
          ? null
          : this.#parts.owner.after(this.#commandTimeoutMs, () => request.settle(new Error("Command timed out")));
      const request: Request = {
        args,
        isSettled: false,
        isOrphan: false,
        arrival: null,
        settle: (reply) => {
          if (request.isSettled) return;
          request.isSettled = true;
          if (timeout) timeout.isCancelled = true;
          this.#requests.delete(request);
          resolve(reply);
        },
      };
      this.#requests.add(request);
      if (this.#silence === null) this.#listen();
      this.#depart(request, this.#parts.link.latencyMs(this.#chance));
      this.#parts.happen(this.#parts.owner.name, this.#parts.redis.nameOf(args), "sent");
    });
  }

  /** From now on the other side must say something in time, for as long as something is under way. */
  #listen(): void {
    this.#silence = this.#parts.owner.after(this.#silenceMsMax, () => this.break());
  }

  #heard(): void {
    if (this.#silence) this.#silence.isCancelled = true;
    this.#silence = null;
    if (this.#requests.size > 0) this.#listen();
  }

  #depart(request: Request, ms: number): void {
    const { schedule } = this.#parts;
    this.#lastArrival = Math.max(this.#lastArrival + 1, schedule.now + ms * 1000);
    const server = this.#server;
    request.arrival = schedule.at(this.#lastArrival, () => this.#arrive(request, server), { isOrdered: true });
  }

  async #arrive(request: Request, server: ServerState | null): Promise<void> {
    const { link, schedule } = this.#parts;
    if (link.isStalled && !request.isOrphan) {
      request.arrival = schedule.at(link.stalledUntil + 1, () => this.#arrive(request, server), { isOrdered: true });
      return;
    }
    request.arrival = null;
    if (server === null || !server.isUp) return;
    const isBroken = !request.isOrphan && this.#chance.strikes(this.#parts.noise().redisReset);
    const isExecuted = !isBroken || this.#chance.strikes(0.5);
    if (isBroken) this.break();
    if (isExecuted) await this.#execute(request, server);
  }

  async #execute(request: Request, server: ServerState): Promise<void> {
    const { redis } = this.#parts;
    const [command = "", ...args] = request.args;
    const answer = (reply: RespReply): void => this.#answer(request, reply);
    switch (String(command).toLowerCase()) {
      case "evalsha":
      case "eval": {
        const before = server.journal.length;
        const reply = await redis.runScript(server, String(command), args);
        if (server.journal.length > before) this.#written = server.journal.length;
        const isRun = !(reply instanceof RespError);
        if (isRun) this.#parts.happen(this.#parts.owner.name, redis.nameOf(request.args), "executed");
        return answer(reply);
      }
      case "wait":
        return this.#wait(request, server);
      case "xread": {
        const block = args.indexOf("block");
        if (block < 0) return answer(await redis.read(server, request.args));
        const blockMs = Number(args[block + 1]);
        const rest = [...args.slice(0, block), ...args.slice(block + 2)];
        this.#cancelRead = await redis.readStreams(server, { args: rest, blockMs }, answer);
        return;
      }
      case "sscan": {
        const [cursor, members] = (await redis.read(server, request.args)) as [string, string[]];
        return answer([cursor, members.toSorted()]);
      }
      case "xrange":
        return answer(await redis.read(server, request.args));
      default:
        return answer(aboutServer(String(command), args));
    }
  }

  /** WAIT counts a replica that has everything this connection wrote; one that came anew has written nothing. (A9) */
  #wait(request: Request, server: ServerState): void {
    const { schedule, redis } = this.#parts;
    const [, replicas = 0, timeoutMs = 0] = request.args;
    const hasReplica = server === redis.primary;
    if (hasReplica && server.isReplicaLinked) server.replicated = Math.max(server.replicated, this.#written);
    const isReached = hasReplica && this.#written <= server.replicated;
    const count = isReached ? Number(replicas) : 0;
    if (isReached) return this.#answer(request, count);
    schedule.in(Number(timeoutMs), () => this.#answer(request, 0));
  }

  #answer(request: Request, reply: RespReply): void {
    if (request.isOrphan) return;
    const { schedule, link, owner } = this.#parts;
    this.#lastReply = Math.max(this.#lastReply + 1, schedule.now + link.latencyMs(this.#chance) * 1000);
    const deliver = (): void => {
      if (request.isOrphan) return;
      if (link.isStalled) {
        schedule.at(link.stalledUntil + 1, deliver, { owner, isOrdered: true });
        return;
      }
      request.settle(reply);
      this.#heard();
    };
    schedule.at(this.#lastReply, deliver, { owner, isOrdered: true });
  }

  /** Some of what is under way still arrives, in order and perhaps much later; of the rest nothing more is heard. */
  #loseSocket(loss: { isByOwner: boolean; lateMs?: number | undefined }): void {
    const { schedule, owner } = this.#parts;
    this.#cancelRead?.();
    this.#cancelRead = null;
    if (this.#silence) this.#silence.isCancelled = true;
    this.#silence = null;
    const underWay = [...this.#requests];
    this.#requests = new Set();
    const arriving = underWay.filter(({ arrival }) => arrival !== null);
    const isWhole = loss.isByOwner || loss.lateMs !== undefined;
    const surviving = isWhole ? arriving.length : this.#chance.whole(0, arriving.length);
    const lateMs = loss.lateMs ?? (this.#chance.strikes(0.5) ? this.#chance.whole(0, 5000) : 0);
    for (const [index, request] of arriving.entries()) {
      const { arrival } = request;
      if (arrival === null) continue;
      arrival.isCancelled = true;
      if (index >= surviving) continue;
      const server = this.#server;
      const late = (): Promise<void> => this.#arrive(request, server);
      request.arrival = schedule.at(arrival.at + lateMs * 1000 + index, late, { isOrdered: true });
    }
    for (const request of underWay) {
      request.isOrphan = true;
      owner.in(0, () => request.settle(new Error("Connection is closed.")));
    }
    this.#lastArrival = 0;
    this.#lastReply = 0;
  }
}

/** What a start asks of a server. */
function aboutServer(command: string, args: readonly (string | number)[]): RespReply {
  if (command === "ping") return "PONG";
  if (command === "info") return "# Server\r\nredis_version:7.0.15\r\n";
  const known: Record<string, string> = { "maxmemory-policy": "noeviction", appendonly: "yes", appendfsync: "always" };
  const name = String(args[1]);
  if (command === "config" && known[name] !== undefined) return [name, known[name]];
  return new RespError(`ERR the simulator does not know ${command} ${args.join(" ")}`);
}
