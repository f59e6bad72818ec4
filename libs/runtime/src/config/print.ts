import { stringify } from "yaml";
import type { z } from "zod";
import { optionMeta } from "./option.ts";
import { redacted, withoutCredentials } from "./redaction.ts";
import type { RedisSettings, RedisTls } from "./redis-settings.ts";
import { channelSection, configSchema } from "./schema.ts";
import type { Config } from "./schema.ts";
import { shapeOf } from "./shape.ts";

/** The configuration in effect as YAML, in the words of the file, every secret replaced by `<redacted>`. */
export function printConfig(config: Config): string {
  const written = printed(configSchema, config as unknown as Readonly<Record<string, unknown>>);
  const channels = Object.entries(config.channels).map(([name, channel]) => [
    `channel-${name}`,
    printed(channelSection, channel as unknown as Readonly<Record<string, unknown>>),
  ]);
  return stringify(
    { ...written, redis: printedRedis(config.redis), ...Object.fromEntries(channels) },
    { lineWidth: 0 },
  );
}

function printed(section: z.ZodObject, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = shapeOf(section)
    .filter(({ name }) => value[name] !== undefined)
    .map(({ key, name, schema, section: inner }) => [
      key,
      inner
        ? printed(inner, value[name] as Readonly<Record<string, unknown>>)
        : shown(value[name], optionMeta(schema)?.isSecret ?? true),
    ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function shown(value: unknown, isSecret: boolean): unknown {
  if (Array.isArray(value)) return value.map((entry) => shown(entry, isSecret));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shown(entry, isSecret)]));
  }
  if (isSecret) return redacted;
  return typeof value === "string" ? withoutCredentials(value) : value;
}

function printedRedis(redis: RedisSettings): Record<string, unknown> {
  return {
    mode: redis.mode,
    nodes: redis.nodes.map(({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)),
    "master-name": redis.masterName,
    username: redis.username,
    password: redis.password && redacted,
    "sentinel-username": redis.sentinelUsername,
    "sentinel-password": redis.sentinelPassword && redacted,
    database: redis.database,
    tls: redis.tls && printedTls(redis.tls),
    "connect-timeout-ms": redis.connectTimeoutMs,
    "command-timeout-ms": redis.commandTimeoutMs,
  };
}

function printedTls(tls: RedisTls): Record<string, unknown> {
  return {
    ca: tls.ca && `<${certificates(tls.ca)}>`,
    cert: tls.cert && `<${certificates(tls.cert)}>`,
    key: tls.key && redacted,
    "server-name": tls.serverName,
    "verify-host": tls.verifyHost,
    // No option of the section: only a Redisson file can switch it off, and then it must be seen.
    ...(tls.verifyCertificate ? {} : { "verify-certificate": false }),
  };
}

function certificates(pem: string): string {
  const count = pem.split("-----BEGIN CERTIFICATE-----").length - 1;
  return `${count} certificate${count === 1 ? "" : "s"}`;
}
