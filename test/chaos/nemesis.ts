import type { AppProcess, RedisClusterSet, RedisServer, SentinelSet, TestCluster } from "@dms/testkit";
import type { Chance } from "../../apps/cluster/src/chance.ts";
import type { Links } from "./links.ts";

/** The form of Redis that a run has; a nemesis says which it can hurt. */
export type RedisFormName = "single" | "sentinel" | "cluster";

/** What a nemesis works with. */
export interface Stage {
  cluster: TestCluster;
  form: RedisFormName;
  redis: RedisServer | undefined;
  sentinel: SentinelSet | undefined;
  redisCluster: RedisClusterSet | undefined;
  links: Links;
  chance: Chance;
  /** The folder that Redis writes its append-only file to, where that is a small one of its own. */
  smallDir: string | null;
  note(what: string): void;
  /** Time that is part of the harm. */
  lasts(ms: number): Promise<void>;
  /** Waits until `count` more messages were shown. */
  flow(count: number): Promise<void>;
  /** Customers begin to write; a hub that was killed has forgotten that they did. */
  startTraffic(): Promise<void>;
  /** Starts one more worker, or a member of a given kind, with its links. */
  add(app: "worker" | "dispatcher", options?: GuestOptions): Promise<AppProcess>;
}

export interface GuestOptions {
  name?: string;
  /** A checkout of another version. */
  root?: string;
  /** A network namespace to run in, and the address at which it reaches this machine. */
  namespace?: { name: string; address: string };
}

/** One way to hurt a cluster. It heals what it did before it ends; that members come back is part of it. */
export interface Nemesis {
  name: string;
  forms: readonly RedisFormName[];
  /** How often chance takes it among the others; 1 by default, 0 for never unless it is named. */
  weight?: number;
  /** Why it cannot be done on this machine, or in this run; null when it can. */
  hindrance?(stage: Stage): string | null;
  strike(stage: Stage): Promise<void>;
}

/** Members of a kind that run, and are hurt by nobody now. */
export function membersOf({ cluster }: Pick<Stage, "cluster">, app: "worker" | "dispatcher"): AppProcess[] {
  return [...cluster.apps.values()].filter((each) => each.app === app && each.pid !== undefined && !each.isStopping);
}

/** One of them by chance; throws when there is none. */
export function victimOf(stage: Stage, app: "worker" | "dispatcher"): AppProcess {
  const victim = stage.chance.pick(membersOf(stage, app));
  if (victim === undefined) throw new Error(`there is no ${app} to hurt`);
  return victim;
}

export const anyForm: readonly RedisFormName[] = ["single", "sentinel", "cluster"];

/** A whole number of milliseconds between two bounds, by chance. */
export function between({ chance }: Stage, lowMs: number, highMs: number): number {
  return Math.round(lowMs + chance.fraction() * (highMs - lowMs));
}
