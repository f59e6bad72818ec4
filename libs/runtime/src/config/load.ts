import { readFileSync } from "node:fs";
import { dirname, join, isAbsolute } from "node:path";
import { z } from "zod";
import { channelNamePattern } from "@dms/protocol";
import { camelCased } from "./shape.ts";
import { check, faultAt } from "./check.ts";
import type { Checked } from "./check.ts";
import { channelOf, channelPrefix } from "./channel-section.ts";
import { crossCheck } from "./cross-check.ts";
import type { Fault } from "./fault.ts";
import { isDmsOption } from "./ignored.ts";
import { foreignOutputsIn, loadLogFilters } from "./log-source.ts";
import type { Environment } from "./interpolate.ts";
import { redisFromSection } from "./redis-source.ts";
import type { RedisResult, RedisSection } from "./redis-source.ts";
import type { RedisSettings } from "./redis-settings.ts";
import { loadRedisson } from "./redisson.ts";
import { channelSection, configSchema } from "./schema.ts";
import type { ChannelConfig, Config } from "./schema.ts";
import { verboseLevels } from "./sections/log.ts";
import type { LogLevel } from "./sections/log.ts";
import { repeatedServerFaults, sharedLogFaults } from "./same-address.ts";
import { readDocument } from "./source-document.ts";
import { tlsFaults } from "./tls-files.ts";
import type { SourceDocument } from "./source-document.ts";
import { writtenSecretsWarning } from "./written-secrets.ts";

/** What an app cannot do without: a channel, or a chat server. */
export type Need = "channels" | "chat";

export interface LoadOptions {
  /** Where `${VAR}` comes from; an app gives `processEnv()`. */
  readonly env: Environment;
  readonly needs?: readonly Need[];
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Reads and checks a configuration file and all files that it names. Either a whole configuration with every default
 * filled in, or every fault at once; never throws.
 */
export function loadConfig(file: string, options: LoadOptions): LoadResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const found = `no file that can be read${reason}`;
    return { ok: false, faults: [{ file, path: "", found, allowed: "a YAML file; --config names it" }] };
  }
  return parseConfig(text, { ...options, file });
}

/** As `loadConfig`, from text that is called `file` in faults and beside which relative files are looked for. */
export function parseConfig(text: string, options: LoadOptions & { readonly file?: string }): LoadResult {
  const source = readDocument(options.file ?? "config.yaml", text, options.env);
  if (source.value === undefined) return { ok: false, faults: source.faults };
  const channels = channelNames(source.value);
  const sections = Object.fromEntries(channels.map((section) => [section, channelSection]));
  const schema = z.object({ ...configSchema.shape, ...sections });
  const checked = check(schema, source, {
    isIgnored: isDmsOption,
    openPrefix: channelPrefix,
  });
  const redis = redisOf(checked, source, options.env);
  const filters = loadLogFilters(checked, source);
  const faults = [
    ...source.faults,
    ...checked.faults,
    ...channels.flatMap((section) => channelNameFaults(section, source)),
    ...crossCheck(checked.value, source),
    ...sharedLogFaults(checked, source),
    ...repeatedServerFaults(checked, source),
    ...loneSecretFaults(checked, source),
    ...needFaults(options.needs ?? [], channels, { checked, source }),
    ...[["chat", "tls"], ["http", "tls"], ...channels.map((section) => [section, "hub", "tls"])].flatMap((path) =>
      tlsFaults(checked.value, path, source),
    ),
    ...redis.faults,
    ...filters.faults,
  ];
  if (faults.length > 0 || !redis.settings) return { ok: false, faults };
  const warnings = [
    ...ignoredWarning(source.file, [...checked.ignored, ...foreignOutputsIn(checked)]),
    ...writtenSecretsWarning(schema, source),
    ...redis.warnings,
  ];
  const config = { ...assemble(checked.value, redis.settings, channels), logFilters: filters.filters };
  return { ok: true, ...withinLease(config, warnings) };
}

function channelNames(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(
      ([section, content]) => section.startsWith(channelPrefix) && !(section.endsWith("-monitor") && !hasHub(content)),
    )
    .map(([section]) => section);
}

function hasHub(content: unknown): boolean {
  return typeof content === "object" && content !== null && "hub" in content;
}

function channelNameFaults(section: string, source: SourceDocument): Fault[] {
  if (channelNamePattern.test(channelOf(section))) return [];
  const allowed = "channel-<name>, the name 1 to 63 small letters, digits or dashes";
  return [faultAt(source, [section], { found: "a channel with a name that the hub cannot have", allowed })];
}

function needFaults(
  needs: readonly Need[],
  channels: readonly string[],
  { checked, source }: { checked: Checked; source: SourceDocument },
): Fault[] {
  const faults: Fault[] = [];
  if (needs.includes("channels") && channels.length === 0) {
    const allowed = "at least one section channel-<name> with its hub";
    faults.push({ file: source.file, path: "channel-<name>", found: "nothing", allowed });
  }
  const chat = checked.value["chat"] as { servers?: string[] } | undefined;
  if (needs.includes("chat") && chat?.servers?.length === 0) {
    faults.push(faultAt(source, ["chat", "servers"], { found: "nothing", allowed: "at least one chat server's URL" }));
  }
  return faults;
}

/** A password alone would go nowhere: HTTP Basic begins with the user. */
function loneSecretFaults(checked: Checked, source: SourceDocument): Fault[] {
  const chat = checked.value["chat"] as { username?: string; password?: string } | undefined;
  if (chat?.password === undefined || chat.username !== undefined) return [];
  if (source.isFaulted(["chat", "username"])) return [];
  const what = { found: "a password without username", allowed: "both, username alone, or none" };
  return [faultAt(source, ["chat", "password"], what)];
}

function redisOf(checked: Checked, source: SourceDocument, env: Environment): RedisResult {
  const settings = checked.value["settings"] as { "redis-client-config"?: string } | undefined;
  const name = settings?.["redis-client-config"];
  if (name === undefined) return redisFromSection((checked.value["redis"] ?? {}) as RedisSection, source);
  const result = loadRedisson(isAbsolute(name) ? name : join(dirname(source.file), name), env);
  if (!source.isWritten(["redis"])) return result;
  const both = { found: "a file beside section redis", allowed: "one of the two" };
  return { ...result, faults: [...result.faults, faultAt(source, ["settings", "redis-client-config"], both)] };
}

function ignoredWarning(file: string, ignored: readonly string[]): string[] {
  if (ignored.length === 0) return [];
  return [`${file}: these DMS options mean nothing here and were ignored: ${ignored.join(", ")}`];
}

function assemble(
  value: Readonly<Record<string, unknown>>,
  redis: RedisSettings,
  channels: readonly string[],
): Omit<Config, "logFilters"> {
  const written = camelCased(configSchema, value) as unknown as Config;
  const { level, verbose, ...log } = written.log as Config["log"] & { verbose?: string };
  const sections = channels.map((section) => [channelOf(section), channelConfig(section, value[section])]);
  return {
    ...written,
    redis,
    log: { ...log, level: (level as LogLevel | undefined) ?? verboseLevels.get(verbose ?? "") ?? "info" },
    channels: Object.fromEntries(sections) as Config["channels"],
  };
}

function channelConfig(section: string, value: unknown): ChannelConfig {
  const channel = camelCased(channelSection, value) as unknown as ChannelConfig;
  const { hub } = channel;
  return {
    ...channel,
    hub: { ...hub, channelId: hub.channelId ?? channelOf(section), tokenUrl: hub.tokenUrl ?? `${hub.url}/oauth/token` },
  };
}

/**
 * Redisson's usual time-outs (3 s and 10 s) are as long as a lease: one silent socket would end it. A Redisson file is
 * to work unchanged, so they are cut rather than refused.
 */
function withinLease(config: Config, warnings: readonly string[]): { config: Config; warnings: readonly string[] } {
  const { redis, cluster, settings } = config;
  if (settings.redisClientConfig === undefined) return { config, warnings };
  const commandTimeoutMs = Math.min(redis.commandTimeoutMs, Math.floor(cluster.leaseMs / 3));
  const connectTimeoutMs = Math.min(redis.connectTimeoutMs, cluster.leaseMs);
  const cuts = [
    ...cutOf("timeout", redis.commandTimeoutMs, commandTimeoutMs),
    ...cutOf("connectTimeout", redis.connectTimeoutMs, connectTimeoutMs),
  ];
  if (cuts.length === 0) return { config, warnings };
  const cut = `settings.redis-client-config (${settings.redisClientConfig}): time-outs cut to fit cluster.lease-ms ${cluster.leaseMs}: ${cuts.join(", ")}`;
  return {
    config: { ...config, redis: { ...redis, commandTimeoutMs, connectTimeoutMs } },
    warnings: [...warnings, cut],
  };
}

function cutOf(option: string, fromMs: number, toMs: number): string[] {
  return fromMs === toMs ? [] : [`${option} ${fromMs} to ${toMs}`];
}
