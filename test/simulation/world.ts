import type { ClusterEvent } from "@dms/rules";
import type { Config } from "@dms/runtime";
import type { DeedFact } from "@dms/testkit";
import { Chance } from "./chance.ts";
import { SimulatedChat } from "./chat.ts";
import { channel, configurationOf } from "./configuration.ts";
import { Coverage } from "./coverage.ts";
import { SimulatedHub } from "./hub.ts";
import { Ledger, type StreamRow } from "./ledger.ts";
import { Link } from "./links.ts";
import { Member } from "./member.ts";
import type { NetworkParts } from "./network.ts";
import { type Noise, type Plan, silence, type Trigger } from "./plan.ts";
import { wallStartMs } from "./process.ts";
import { SimulatedRedis } from "./redis.ts";
import type { RespClient } from "./resp-client.ts";
import { Schedule } from "./schedule.ts";
import type { HeldScript } from "./script-texts.ts";
import { Trace } from "./trace.ts";

/** Messages with this in their text kill the worker that sends them. */
export const killerText = "killer";

/** How long a worker is down that a message has killed. */
const killedMs = 500;

/** A fault that strikes at the next call of a name by a process. */
interface Armed {
  process: string;
  when: Trigger;
  /** How many such calls there are to come, the meant one included. */
  callsToCome: number;
  strike: () => void;
}

/** All there is in one run, and who can reach whom. */
export class World {
  readonly plan: Plan;
  readonly config: Config;
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly trace = new Trace();
  readonly coverage = new Coverage();
  readonly ledger = new Ledger(channel);
  readonly redis: SimulatedRedis;
  readonly hub: SimulatedHub;
  readonly chat: SimulatedChat;
  readonly network: NetworkParts;
  readonly members = new Map<string, Member>();
  /** Names that shall run; a crash or drain takes a name off it for a while or for good. */
  readonly incarnations = new Map<string, number>();
  /** Errors that would have ended a process. */
  readonly broken: string[] = [];
  isCalm = false;
  /** Faults that wait for their moment. */
  readonly armed: Armed[] = [];
  readonly #links = new Map<string, Link>();

  constructor(plan: Plan, parts: { client: RespClient; scripts: readonly HeldScript[] }) {
    this.plan = plan;
    this.config = configurationOf(plan);
    this.chance = new Chance(`run ${plan.seed}`);
    this.schedule = new Schedule(this.chance.stream("ties"));
    const { schedule, ledger } = this;
    this.redis = new SimulatedRedis(
      { ...parts, schedule, chance: this.chance.stream("redis") },
      (script, args, reply) => {
        this.coverage.transition(script, reply);
        this.trace.add(schedule.now, "redis", script.name, [args, reply]);
      },
    );
    this.hub = new SimulatedHub(schedule, ledger);
    this.chat = new SimulatedChat({ schedule, ledger, chance: this.chance.stream("chat") }, plan.chat);
    this.network = {
      schedule,
      noise: this.noise,
      onFate: (fate, target) => this.coverage.count(`${target} ${fate}`),
      trace: (actor, what, detail) => this.trace.add(schedule.now, actor, what, detail),
      happen: this.happen,
      listening: new Set(),
    };
  }

  readonly noise = (): Noise => (this.isCalm ? silence : this.plan.noise);

  /** The way between a process and one other side; it outlives the process. */
  link(process: string, target: string): Link {
    const name = `${process} ${target}`;
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new Link(name, this.schedule);
      link.slowestMs = this.noise().slowestMs;
      this.#links.set(name, link);
    }
    return link;
  }

  links(): Iterable<Link> {
    return this.#links.values();
  }

  start(name: string): void {
    if (this.members.get(name)?.isRunning === true) return;
    this.note("operator", "start", name);
    this.members.set(name, new Member(this, name));
  }

  /** Writes down what is done to the cluster, so that the checkers know what it had to bear. */
  deed(told: Pick<DeedFact, "kind" | "target" | "name"> & Partial<DeedFact>, ms: number | null): DeedFact {
    const at = wallStartMs + this.schedule.now / 1000;
    const fact: DeedFact = { member: "", at, endedAt: ms === null ? null : at + ms, ...told };
    this.ledger.history.deeds.push(fact);
    return fact;
  }

  note(actor: string, what: string, detail: unknown): void {
    this.trace.add(this.schedule.now, actor, what, detail);
  }

  onEvent(process: string, event: ClusterEvent): void {
    this.note(process, event.type, event);
    this.coverage.count(`event ${event.type}`);
  }

  /** Something a process calls is sent, or was executed: what waited for it strikes. */
  readonly happen = (process: string, call: string, phase: Trigger["phase"]): void => {
    for (const [index, armed] of this.armed.entries()) {
      if (
        (armed.process !== "*" && armed.process !== process) ||
        armed.when.call !== call ||
        armed.when.phase !== phase
      )
        continue;
      if (armed.callsToCome-- > 1) continue;
      this.armed.splice(index, 1);
      this.coverage.count(`moment ${call} ${phase}`);
      // In a step of its own: what is being sent leaves first.
      this.schedule.at(this.schedule.now, armed.strike, { isOrdered: true });
      return;
    }
  };

  /** What a worker's post does to it before it leaves: `dies` when nothing of it leaves. */
  meetPost(member: Member, text: string): "lives" | "dies" {
    if (!text.includes(killerText) || member.process.isDead) return "lives";
    this.coverage.count("fault killer-message");
    this.note(member.process.name, "killed by a message", text);
    const isSent = member.process.chance.strikes(0.5);
    const { name, member: dead } = member.process;
    this.deed({ kind: "death", target: "worker", name, member: dead ?? "" }, killedMs);
    member.kill();
    this.schedule.in(killedMs, () => this.start(member.process.name));
    return isSent ? "lives" : "dies";
  }

  /** Dead letters and journals as they are now, into the ledger. */
  async readRedis(): Promise<void> {
    const dead: StreamRow[] = [];
    for (let p = 0; p < this.plan.partitions; p++) {
      const prefix = `dms:{sim:${p}}:`;
      dead.push(...((await this.redis.look("XRANGE", `${prefix}dead`, "-", "+")) as StreamRow[]));
      this.ledger.journal(p, (await this.redis.look("XRANGE", `${prefix}journal`, "-", "+")) as StreamRow[]);
    }
    this.ledger.dead(dead);
    this.ledger.history.readAt = wallStartMs + this.schedule.now / 1000;
  }

  /** Looks which messages are confirmed and in no inbox: nobody will be given them again. (I6) */
  async lookForProcessed(): Promise<void> {
    if (!this.ledger.hasUnprocessed || !this.redis.primary.isUp) return;
    const held = new Set<number>();
    for (const key of (await this.redis.look("KEYS", "dms:*:inbox:*")) as string[]) {
      for (const [, [, , , payload = ""]] of (await this.redis.look("XRANGE", key, "-", "+")) as StreamRow[]) {
        held.add(Number(/"sequence":(\d+)/.exec(payload)?.[1]));
      }
    }
    this.ledger.processed(this.hub.confirmedUpTo, held);
  }

  /** Entries in all inboxes. */
  async backlog(): Promise<number> {
    const keys = (await this.redis.look("KEYS", "dms:*:inbox:*")) as string[];
    let entries = 0;
    for (const key of keys) entries += Number(await this.redis.look("XLEN", key));
    return entries;
  }
}
