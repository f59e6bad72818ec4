import { faultAt } from "./check.ts";
import type { Fault, Path } from "./fault.ts";
import type { SourceDocument } from "./source-document.ts";

/** A rule between options. `limit` is what the first option is compared with, made of the others. */
interface CrossRule {
  readonly of: readonly [string, string, ...string[]];
  readonly limit: (...others: number[]) => number;
  readonly holds: (value: number, limit: number) => boolean;
  readonly says: string;
}

const isLess = (value: number, limit: number): boolean => value < limit;
const isAtMost = (value: number, limit: number): boolean => value <= limit;
const same = (other = 0): number => other;

const rules: readonly CrossRule[] = [
  {
    // Two beats may be lost before a lease ends.
    of: ["cluster.heartbeat-ms", "cluster.lease-ms"],
    limit: (lease = 0) => Math.floor(lease / 3),
    holds: isAtMost,
    says: "at most a third of cluster.lease-ms",
  },
  {
    // An effect may only start when the lease outlives its time-out, and the lease is renewed once a heartbeat.
    of: ["chat.timeout-ms", "cluster.lease-ms", "cluster.heartbeat-ms", "cluster.lease-margin-ms"],
    limit: (lease = 0, heartbeat = 0, margin = 0) => lease - heartbeat - margin,
    holds: isLess,
    says: "less than cluster.lease-ms - cluster.heartbeat-ms - cluster.lease-margin-ms",
  },
  {
    of: ["cluster.leader-check-ms", "cluster.lease-ms"],
    limit: same,
    holds: isLess,
    says: "less than cluster.lease-ms",
  },
  {
    of: ["redis.command-timeout-ms", "cluster.lease-ms"],
    limit: same,
    holds: isLess,
    says: "less than cluster.lease-ms",
  },
  { of: ["chat.poll-active-ms", "chat.poll-idle-ms"], limit: same, holds: isAtMost, says: "at most chat.poll-idle-ms" },
  {
    of: ["worker.retry-base-ms", "worker.retry-max-ms"],
    limit: same,
    holds: isAtMost,
    says: "at most worker.retry-max-ms",
  },
  {
    of: ["dispatcher.retry-base-ms", "dispatcher.retry-max-ms"],
    limit: same,
    holds: isAtMost,
    says: "at most dispatcher.retry-max-ms",
  },
  {
    of: ["dispatcher.backlog-low", "dispatcher.backlog-high"],
    limit: same,
    holds: isLess,
    says: "less than dispatcher.backlog-high",
  },
  {
    of: ["chat-mock.agents.think-min-ms", "chat-mock.agents.think-max-ms"],
    limit: same,
    holds: isAtMost,
    says: "at most chat-mock.agents.think-max-ms",
  },
];

/** Every broken rule between options that are valid by themselves. */
export function crossCheck(written: Readonly<Record<string, unknown>>, source: SourceDocument): Fault[] {
  // Section redis does not count beside a Redisson file, whose time-outs are cut to fit.
  const isRedisson = source.isWritten(["settings", "redis-client-config"]);
  const value = isRedisson ? { ...written, redis: undefined } : written;
  return rules.flatMap((rule) => {
    const numbers = rule.of.map((name) => numberAt(value, name.split(".")));
    const [subject, ...others] = numbers;
    if (subject === undefined || !others.every((other) => other !== undefined)) return [];
    const limit = rule.limit(...others);
    if (rule.holds(subject, limit)) return [];
    const given = rule.of.map((name, index) => `${name} ${numbers[index]}`).slice(1);
    return [
      {
        ...faultAt(source, place(rule, source), {
          found: `${subject}`,
          allowed: `${rule.says} (${limit} with ${given.join(", ")})`,
        }),
        path: rule.of[0],
      },
    ];
  });
}

/** The first option of the rule that the file holds, so that the fault has a line to look at. */
function place(rule: CrossRule, source: SourceDocument): Path {
  const paths = rule.of.map((name) => name.split("."));
  return paths.find((path) => source.isWritten(path)) ?? [];
}

function numberAt(value: unknown, path: readonly string[]): number | undefined {
  const found = path.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], value);
  return typeof found === "number" ? found : undefined;
}
