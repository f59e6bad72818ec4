import { parseArgs } from "node:util";
import { redisUrlFault } from "./foreign-redis.ts";
import { sampleLine } from "./replay-file.ts";

/** What `npm start` is asked for. */
export interface ClusterOptions {
  workers: number;
  dispatchers: number;
  chatServers: number;
  /** Messages a second over all conversations. */
  rate: number;
  conversations: number;
  /** Ends by itself after so long; null is when it is told to. */
  seconds: number | null;
  replayFile: string | null;
  redisUrl: string | null;
  isHurting: boolean;
  seed: number;
}

export type OptionsResult =
  | { kind: "run"; options: ClusterOptions }
  | { kind: "help" }
  | { kind: "fault"; text: string };

export const helpText = `Usage: npm start -- [options]

Starts Redis, a hub mock, chat server mocks, dispatchers and workers as processes of their own, lets customers and agents
write, and shows what becomes of it. The verdict comes from the ledgers of hub and chat servers, not from the cluster.

  --workers N          3
  --dispatchers N      2
  --chat-servers N     2
  --rate N             messages a second, over all conversations together; 20
  --conversations N    conversations under way at once; 40
  --seconds N          end after so long; without it, at q or Ctrl-C
  --replay FILE        customers write what this file has, not what is made up: one conversation a line, as
                       ${sampleLine}
                       and what is not from "customer" is left out
  --redis-url URL      use this Redis 7.0 or later and leave it as it was; DMS_REDIS_URL does the same
  --hurt               every few seconds kill, freeze or restart something at random
  --seed N             for the same traffic and the same choices again; 1
  --help               this text

Keys: w kill -9 a worker   d kill -9 a dispatcher   f freeze a worker for 6 s   r kill -9 Redis and restart it
      c kill -9 a chat server and h the hub, back after 5 s   + add a worker   - drain one   q end
`;

const known = {
  workers: { type: "string" },
  dispatchers: { type: "string" },
  "chat-servers": { type: "string" },
  rate: { type: "string" },
  conversations: { type: "string" },
  seconds: { type: "string" },
  replay: { type: "string" },
  "redis-url": { type: "string" },
  hurt: { type: "boolean" },
  seed: { type: "string" },
  help: { type: "boolean" },
} as const;

type Parsed = ReturnType<typeof parseArgs<{ options: typeof known }>>["values"];

/** Reads the command line; `redisUrl` is what the environment says. Every fault is one line. */
export function parseOptions(argv: readonly string[], redisUrl: string | undefined): OptionsResult {
  let parsed: Parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: known, strict: true }).values;
  } catch (caught) {
    const text = caught instanceof Error ? (caught.message.split(". ")[0] ?? "") : String(caught);
    return { kind: "fault", text: `${text} (--help lists the options)` };
  }
  if (parsed.help === true) return { kind: "help" };
  const faults: string[] = [];
  const count = (name: keyof Parsed, standard: number, [least, most]: [number, number]): number => {
    const written = parsed[name];
    const value = written === undefined ? standard : Number(written);
    if (!(Number.isFinite(value) && value >= least && value <= most)) {
      faults.push(`--${name}: found ${String(written)}, allowed: a number from ${least} to ${most}`);
    }
    return value;
  };
  const options: ClusterOptions = {
    workers: Math.round(count("workers", 3, [1, 50])),
    dispatchers: Math.round(count("dispatchers", 2, [1, 20])),
    chatServers: Math.round(count("chat-servers", 2, [1, 10])),
    rate: count("rate", 20, [0.1, 50_000]),
    conversations: Math.round(count("conversations", 40, [1, 100_000])),
    seconds: parsed.seconds === undefined ? null : count("seconds", 0, [1, 1_000_000]),
    replayFile: parsed.replay ?? null,
    redisUrl: redisUrlOf({ "--redis-url": parsed["redis-url"], DMS_REDIS_URL: redisUrl }, faults),
    isHurting: parsed.hurt ?? false,
    seed: Math.round(count("seed", 1, [0, 4_294_967_295])),
  };
  return faults.length > 0 ? { kind: "fault", text: faults.join("\n") } : { kind: "run", options };
}

/** The first URL that is given, checked under the name that gave it. */
function redisUrlOf(given: Readonly<Record<string, string | undefined>>, faults: string[]): string | null {
  const [name, url] = Object.entries(given).find(([, value]) => value !== undefined && value !== "") ?? [];
  if (url === undefined) return null;
  const fault = redisUrlFault(url);
  if (fault !== null) faults.push(`${name}: ${fault}`);
  return url;
}
