import type { Source } from "./repository.ts";
import { isShipped } from "./repository.ts";
import { isNode, nameOf, nodesOf } from "./syntax.ts";

/** A command of Redis that we use, written as an ACL has it. */
export interface RedisCommand {
  /** The version of Redis that brought it, or the newest form of it that we use. */
  since: string;
  /** What needs it. */
  /** `jobs`: BullMQ, on the keys of jobs alone; a test of libs/jobs sees that it sends each of them and no others. */
  by: "scripts" | "client" | "handshake" | "jobs";
  /** The form of Redis without which it is never sent. */
  only?: "cluster" | "replicas";
}

export const aclFile = "deploy/redis/dms.acl";
export const redisDocument = "docs/redis.md";
/** What Debian 12 has, and what every command must be in. */
export const newest = "7.0";

const scripts = { by: "scripts" } as const;
const client = { by: "client" } as const;
const jobs = { by: "jobs" } as const;

/** Every command that scripts and client send. A command that is not here may not be used. */
export const redisCommands: ReadonlyMap<string, RedisCommand> = new Map(
  Object.entries<RedisCommand>({
    del: { since: "1.0", ...scripts },
    get: { since: "1.0", ...scripts },
    hdel: { since: "2.0", ...scripts },
    hget: { since: "2.0", ...scripts },
    hgetall: { since: "2.0", ...scripts },
    hincrby: { since: "2.0", ...scripts },
    hmget: { since: "2.0", ...scripts },
    hset: { since: "4.0", ...scripts },
    hsetnx: { since: "2.0", ...scripts },
    info: { since: "1.0", ...scripts },
    lindex: { since: "1.0", ...scripts },
    lpos: { since: "6.0.6", ...scripts },
    rpush: { since: "1.0", ...scripts },
    sadd: { since: "1.0", ...scripts },
    scard: { since: "1.0", ...scripts },
    set: { since: "1.0", ...scripts },
    spublish: { since: "7.0", ...scripts, only: "cluster" },
    srandmember: { since: "2.6", ...scripts },
    srem: { since: "1.0", ...scripts },
    time: { since: "2.6", ...scripts },
    xadd: { since: "5.0", ...scripts },
    xdel: { since: "5.0", ...scripts },
    xlen: { since: "5.0", ...scripts },
    xrange: { since: "6.2", ...scripts },
    zadd: { since: "1.2", ...scripts },
    zincrby: { since: "1.2", ...scripts },
    zrange: { since: "1.2", ...scripts },
    zrangebyscore: { since: "1.0.5", ...scripts },
    zrem: { since: "1.2", ...scripts },
    zscore: { since: "1.2", ...scripts },
    "client|setname": { since: "2.6", by: "handshake" },
    "cluster|slots": { since: "3.0", ...client, only: "cluster" },
    "config|get": { since: "2.0", ...client },
    eval: { since: "7.0", ...client },
    evalsha: { since: "7.0", ...client },
    ping: { since: "1.0", ...client },
    sscan: { since: "2.8", ...client },
    ssubscribe: { since: "7.0", ...client, only: "cluster" },
    sunsubscribe: { since: "7.0", ...client, only: "cluster" },
    wait: { since: "3.0", ...client, only: "replicas" },
    xread: { since: "5.0", ...client },
    bzpopmin: { since: "5.0", ...jobs },
    exists: { since: "1.0", ...jobs },
    hmset: { since: "2.0", ...jobs },
    incr: { since: "1.0", ...jobs },
    llen: { since: "1.0", ...jobs },
    lpush: { since: "1.0", ...jobs },
    lrange: { since: "1.0", ...jobs },
    lrem: { since: "1.0", ...jobs },
    pttl: { since: "2.6", ...jobs },
    readonly: { since: "3.0", ...jobs, only: "cluster" },
    readwrite: { since: "3.0", ...jobs, only: "cluster" },
    rpoplpush: { since: "1.2", ...jobs },
    smembers: { since: "1.0", ...jobs },
    xtrim: { since: "5.0", ...jobs },
    zcard: { since: "1.2", ...jobs },
    zpopmin: { since: "5.0", ...jobs },
    zremrangebyrank: { since: "2.0", ...jobs },
    zremrangebyscore: { since: "1.2", ...jobs },
    zrevrange: { since: "1.2", ...jobs },
    zrevrangebyscore: { since: "2.2", ...jobs },
  }),
);

const containers = new Set(["client", "cluster", "config"]);

/** Commands that are used and not in the table, or in the table and not used. */
export function commandFaults(sources: readonly Source[], table = redisCommands): string[] {
  const used = usedCommands(sources);
  return [
    ...[...used]
      .filter(([command]) => !table.has(command))
      .map(
        ([command, at]) =>
          `${at}: ${command} is no command of ours yet: add it to test/tidy/redis-commands.ts with its version`,
      ),
    ...[...table]
      .filter(([command, { by }]) => by !== "handshake" && by !== "jobs" && !used.has(command))
      .map(([command]) => `test/tidy/redis-commands.ts: nobody sends ${command}: remove it, and from ${aclFile}`),
  ];
}

/** Commands that are newer than what we promise to run on. */
export function versionFaults(table = redisCommands): string[] {
  return [...table]
    .filter(([, { since }]) => isLater(since, newest))
    .map(([command, { since }]) => `${command} needs Redis ${since}: we promise ${newest}`);
}

/** Commands that the ACL grants and nobody needs, or the other way round; likewise those of the document's table. */
export function grantFaults(sources: readonly Source[], acl: string, table = redisCommands): string[] {
  const own = new Map([...table].filter(([, { by }]) => by !== "jobs"));
  const forJobs = new Map([...table].filter(([, { by }]) => by === "jobs"));
  const [selector = ""] = /\(.*\)/.exec(acl) ?? [];
  const grantedIn = (rules: string): Set<string> =>
    new Set([...rules.matchAll(/ \+([a-z|]+)/g)].map((match) => match[1] ?? ""));
  const document = sources.find(({ path }) => path === redisDocument)?.text ?? "";
  const rows = [...document.matchAll(/^\| `([a-z|\\]+)` \| ([\d.]+) \|/gm)];
  const told = new Map(rows.map(([, command = "", since = ""]) => [command.replace("\\|", "|"), since]));
  return [
    ...differences(grantedIn(acl.replace(selector, "")), own).map(
      ([command, deed]) => `${aclFile}: ${deed} +${command}`,
    ),
    ...differences(grantedIn(selector), forJobs).map(
      ([command, deed]) => `${aclFile}: ${deed} +${command} in the brackets, for jobs`,
    ),
    ...differences(new Set(told.keys()), table).map(
      ([command, deed]) => `${redisDocument}: ${deed} a row for ${command}`,
    ),
    ...[...told]
      .filter(([command, since]) => (table.get(command)?.since ?? since) !== since)
      .map(([command]) => `${redisDocument}: ${command} is since ${table.get(command)?.since}`),
  ];
}

function differences(
  found: ReadonlySet<string>,
  wanted: ReadonlyMap<string, RedisCommand>,
): [command: string, deed: "add" | "remove"][] {
  return [
    ...[...wanted.keys()].filter((command) => !found.has(command)).map((command): [string, "add"] => [command, "add"]),
    ...[...found].filter((command) => !wanted.has(command)).map((command): [string, "remove"] => [command, "remove"]),
  ];
}

function isLater(version: string, than: string): boolean {
  const [a = 0, b = 0] = version.split(".").map(Number);
  const [c = 0, d = 0] = than.split(".").map(Number);
  return a > c || (a === c && b > d);
}

function usedCommands(sources: readonly Source[]): Map<string, string> {
  const scriptCalls = sources
    .filter(({ path }) => path.endsWith(".lua"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/redis\.p?call\('([A-Za-z]+)'/g)].map(
        ([, command = ""]) => [command.toLowerCase(), path] as const,
      ),
    );
  const clientCalls = sources
    .filter(({ path }) => path.startsWith("libs/streams/src/") && isShipped(path))
    .flatMap((source) => clientCommands(source).map((command) => [command, source.path] as const));
  return new Map([...scriptCalls, ...clientCalls]);
}

/** Words in the places where a command stands: `x.call("xread", ...)`, `wire.call(key, "xread")`, `command: "wait"`, `x.ssubscribe(...)`. */
function clientCommands(source: Source): string[] {
  return nodesOf(source).flatMap(({ node }) => {
    if (node.type === "CallExpression") return calledCommands(node["callee"], node["arguments"]);
    if (node.type === "Property" && nameOf(node["key"]) === "command") return words(node["value"]);
    if (node.type === "ArrayExpression")
      return words(firstOf(node["elements"])).filter((word) => /^eval(sha)?$/.test(word));
    return [];
  });
}

function calledCommands(callee: unknown, args: unknown): string[] {
  if (!isNode(callee) || callee.type !== "MemberExpression" || !Array.isArray(args)) return [];
  const method = nameOf(callee["property"]) ?? "";
  if (/^s(un)?subscribe$/.test(method)) return [method];
  if (method !== "call") return [];
  const [first, second, third] = args as unknown[];
  const object = isNode(callee["object"]) ? (nameOf(callee["object"]["property"]) ?? nameOf(callee["object"])) : "";
  const [command, sub] = object === "wire" || object === "#wire" ? [second, third] : [first, second];
  return words(command).map((word) => (containers.has(word) ? `${word}|${words(sub)[0] ?? ""}` : word));
}

const firstOf = (elements: unknown): unknown => (Array.isArray(elements) ? (elements as unknown[])[0] : undefined);

function words(node: unknown): string[] {
  if (!isNode(node) || node.type !== "Literal") return [];
  const word = nameOf(node);
  return word === undefined ? [] : [word];
}
