import { dirname } from "node:path";
import { faultAt } from "./check.ts";
import type { Fault } from "./fault.ts";
import { readPem } from "./pem-files.ts";
import { parseRedisNode, usualSentinelPort } from "./redis-node.ts";
import type { RedisNode } from "./redis-node.ts";
import type { RedisSettings, RedisTls } from "./redis-settings.ts";
import { rereadable } from "./redis-tls.ts";
import type { SourceDocument } from "./source-document.ts";
import { checkPair, kindOf, readTlsFiles } from "./tls-files.ts";

/** Where Redis's settings come from: the settings themselves when nothing is at fault. */
export interface RedisResult {
  readonly settings?: RedisSettings;
  readonly faults: readonly Fault[];
  readonly warnings: readonly string[];
}

/** The section as `check` leaves it. Everything may be missing where a fault was reported already. */
export interface RedisSection {
  readonly url?: string;
  readonly mode?: RedisSettings["mode"];
  readonly nodes?: readonly string[];
  readonly "master-name"?: string;
  readonly username?: string;
  readonly password?: string;
  readonly "sentinel-username"?: string;
  readonly "sentinel-password"?: string;
  readonly database?: number;
  readonly tls?: TlsSection;
  readonly "connect-timeout-ms"?: number;
  readonly "command-timeout-ms"?: number;
}

interface TlsSection {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly "server-name"?: string;
  readonly "verify-host"?: boolean;
}

/** Section `redis` as settings: addresses taken apart, files of TLS read, rules between its options checked. */
export function redisFromSection(section: RedisSection, source: SourceDocument): RedisResult {
  const faults: Fault[] = [];
  const fault = (path: string, found: string, allowed: string): void => {
    faults.push(faultAt(source, ["redis", ...path.split(".")], { found, allowed }));
  };
  const nodes = nodesOf(section, fault);
  const first = nodes[0];
  const mode = section.mode ?? "single";
  const database = section.database ?? first?.database ?? 0;
  modeFaults({ section, mode, nodes, database }, fault);
  const tls = tlsOf({ section, nodes, directory: dirname(source.file) }, fault);
  const username = section.username ?? first?.username;
  const password = section.password ?? first?.password;
  const settings: RedisSettings = {
    mode,
    nodes: nodes.map(({ host, port }) => ({ host, port })),
    ...given("masterName", section["master-name"]),
    ...given("username", username),
    ...given("password", password),
    ...given("sentinelUsername", section["sentinel-username"]),
    ...given("sentinelPassword", section["sentinel-password"]),
    database,
    ...given("tls", tls),
    connectTimeoutMs: section["connect-timeout-ms"] ?? 2000,
    commandTimeoutMs: section["command-timeout-ms"] ?? 1000,
  };
  return { ...(faults.length === 0 ? { settings } : {}), faults, warnings: [] };
}

/** `{ [key]: value }`, or nothing without a value: an absent option stays absent. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

type Refuse = (path: string, found: string, allowed: string) => void;

function nodesOf(section: RedisSection, fault: Refuse): RedisNode[] {
  if (section.url !== undefined && section.nodes !== undefined) fault("url", "url and nodes", "one of the two");
  if (section.url !== undefined) {
    const node = parseRedisNode(section.url);
    if (!node) fault("url", "a URL that cannot be read", "redis://user:password@host:port/database, a % in it as %25");
    return node ? [node] : [];
  }
  const portUnwritten = section.mode === "sentinel" ? usualSentinelPort : undefined;
  return (section.nodes ?? ["127.0.0.1"])
    .map((text) => parseRedisNode(text, portUnwritten))
    .filter((node) => node !== undefined);
}

interface ModeFacts {
  readonly section: RedisSection;
  readonly mode: RedisSettings["mode"];
  readonly nodes: readonly RedisNode[];
  readonly database: number;
}

function modeFaults({ section, mode, nodes, database }: ModeFacts, fault: Refuse): void {
  if (section.url !== undefined && mode !== "single") fault("url", `url with mode ${mode}`, "nodes, in this mode");
  if (mode === "single" && nodes.length > 1) {
    fault(
      "nodes",
      `${nodes.length} nodes`,
      "one node in mode single; else mode sentinel, cluster, master-slave or replicated",
    );
  }
  if (mode === "sentinel" && section["master-name"] === undefined) {
    fault("master-name", "nothing", "the group's name, in mode sentinel");
  }
  if (mode === "cluster" && database !== 0) fault("database", `${database}`, "0 in mode cluster");
}

interface TlsFacts {
  readonly section: RedisSection;
  readonly nodes: readonly RedisNode[];
  readonly directory: string;
}

function tlsOf({ section, nodes, directory }: TlsFacts, fault: Refuse): RedisTls | undefined {
  const encrypted = nodes.filter((node) => node.isTls).length;
  if (encrypted > 0 && encrypted < nodes.length)
    fault("nodes", "redis:// beside rediss://", "rediss:// for all or none");
  const tls = section.tls ?? (encrypted > 0 ? {} : undefined);
  if (tls === undefined) return undefined;
  if ((tls.cert === undefined) !== (tls.key === undefined)) fault("tls", "only one of cert and key", "both or none");
  const read = (option: "ca" | "cert" | "key"): { [P in typeof option]?: string } => {
    const name = tls[option];
    const result = name === undefined ? undefined : readPem({ name, directory }, kindOf(option));
    if (result?.ok === false) fault(`tls.${option}`, `${name}`, result.allowed);
    return result?.ok ? { [option]: result.value } : {};
  };
  const pems = { ...read("ca"), ...read("cert"), ...read("key") };
  const fit = checkPair(pems);
  if (!fit.ok) fault("tls.key", tls.key ?? "nothing", fit.allowed);
  const settings = {
    ...pems,
    ...given("serverName", tls["server-name"]),
    verifyHost: tls["verify-host"] ?? true,
    verifyCertificate: true,
  };
  return rereadable(settings, () => readTlsFiles({ ...tls, directory }));
}
