import type { RedisSettings } from "@dms/runtime";
import { DmsError, messageOf } from "@dms/runtime";
import { plainWords } from "./redis-fault.ts";

interface Advice {
  when: RegExp;
  /** What is the matter and what mends it, in one line. */
  say: (settings: RedisSettings, found: RegExpExecArray) => string;
}

const addresses = ({ nodes }: RedisSettings): string => nodes.map(({ host, port }) => `${host}:${port}`).join(", ");

function wantsCertificate(settings: RedisSettings): string {
  return (
    `Redis at ${addresses(settings)} wants a client certificate that it trusts: set redis.tls.cert and redis.tls.key ` +
    `(sslKeystore in a Redisson file)`
  );
}

/** The client library tells nothing of a sentinel's connection but that it closed. */
function tlsAtSentinels({ tls }: RedisSettings): string {
  if (tls === undefined) return "; if they speak TLS, set redis.tls";
  return "; or redis.tls does not fit them (authority, host name, client certificate, or they speak no TLS)";
}

/** The first that fits is given: the particular before the general. */
const table: readonly Advice[] = [
  {
    when: /invalid reply: null|No such master with that name/,
    say: (settings) =>
      `the sentinels at ${addresses(settings)} watch no group named ${settings.masterName}: set redis.master-name to the ` +
      `name in \`sentinel monitor <name> ...\``,
  },
  {
    when: /[Ss]entinel.*(NOAUTH|WRONGPASS|ERR AUTH|invalid username-password)/,
    say: (settings) =>
      `the sentinels at ${addresses(settings)} refuse us: set redis.sentinel-username and redis.sentinel-password (they are not ` +
      `those of the servers)`,
  },
  {
    when: /^All sentinels are unreachable|failed to connect to sentinel/,
    say: (settings) =>
      `no sentinel answers at ${addresses(settings)}: start them, or correct redis.nodes (in mode sentinel they are the ` +
      `sentinels, not the servers)${tlsAtSentinels(settings)}`,
  },
  {
    when: /^(WRONGPASS|NOAUTH)|invalid username-password|without any password/,
    say: (settings) =>
      `Redis at ${addresses(settings)} refuses user ${settings.username ?? "default"}: correct redis.username and redis.password, ` +
      `or the server's ACL`,
  },
  {
    when: /^NOPERM.*?'([^']+)'/,
    say: (settings, [, command]) =>
      `Redis does not let user ${settings.username ?? "default"} run ${command}: give it the rights of docs/redis.md`,
  },
  {
    when: /cluster support disabled/,
    say: (settings) =>
      `Redis at ${addresses(settings)} is no Redis Cluster: set redis.mode to single, sentinel or replicated, or the server's ` +
      `cluster-enabled to yes`,
  },
  {
    when: /^MOVED|part of a Redis Cluster/,
    say: (settings) => `Redis at ${addresses(settings)} is part of a Redis Cluster: set redis.mode to cluster`,
  },
  {
    when: /^READONLY|is a replica/,
    say: (settings) =>
      `Redis at ${addresses(settings)} is a replica and takes no writes: name the primary, or list all servers under redis.nodes ` +
      `with mode sentinel or replicated`,
  },
  {
    when: /CERT_HAS_EXPIRED|certificate has expired/,
    say: (settings) => `the certificate of Redis at ${addresses(settings)} has expired: renew it`,
  },
  {
    when: /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    say: (settings) =>
      `the certificate of Redis at ${addresses(settings)} is not made out to that name: connect by a name in it, or set ` +
      `redis.tls.server-name to one`,
  },
  {
    when: /self-signed|self signed|unable to (verify|get)|UNABLE_TO|SELF_SIGNED/,
    say: (settings) =>
      `the certificate of Redis at ${addresses(settings)} comes from an authority that is not trusted: set redis.tls.ca to ` +
      `its PEM file`,
  },
  {
    when: /certificate required|alert (bad certificate|unknown ca|handshake failure)|ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA)/i,
    say: wantsCertificate,
  },
  {
    when: /wrong version number|packet length too long|EPROTO/i,
    say: (settings) =>
      `Redis at ${addresses(settings)} does not speak TLS: remove redis.tls (and write redis://), or use its TLS port`,
  },
  {
    when: /Protocol error, got|ECONNRESET|EPIPE|socket hang up|before secure TLS connection/,
    say: (settings) =>
      settings.tls === undefined
        ? `Redis at ${addresses(settings)} closes the connection at once: if it speaks TLS, set redis.tls (or write rediss://)`
        : wantsCertificate(settings),
  },
  {
    when: /no answer on a new connection/,
    say: (settings) =>
      `Redis at ${addresses(settings)} takes connections and answers nothing on them: it is frozen, loads its data, or has too ` +
      `much to do`,
  },
  {
    when: /(ECONNREFUSED|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)(?: (\S+:\d+))?/,
    say: (settings, [, reason, address]) =>
      (settings.mode === "sentinel"
        ? `the primary that the sentinels name does not answer${address === undefined ? "" : ` at ${address}`} (${reason}): start ` +
          `it, or wait for a fail-over`
        : `Redis does not answer at ${addresses(settings)} (${reason}): start it, or correct redis.nodes or redis.url`) +
      (reason === "ETIMEDOUT" && settings.tls !== undefined ? "; if it does not speak TLS, remove redis.tls" : ""),
  },
];

/** Why Redis cannot be used, as one line that names the remedy. Never a secret. */
function remedyFor(fault: unknown, settings: RedisSettings): string {
  const message = messageOf(fault);
  for (const { when, say } of table) {
    const found = when.exec(message) ?? (hasCode(fault) ? when.exec(fault.code) : null);
    if (found) return say(settings, found);
  }
  return `Redis at ${addresses(settings)} cannot be used: ${plainWords(message)}`;
}

/** The line of a start that cannot use Redis yet. */
export function adviceOn(fault: unknown, settings: RedisSettings): string {
  return `waiting for Redis: ${remedyFor(fault, settings)}`;
}

/** Not anchored: sentinels are named before it. */
const refusing = /\b(NOAUTH|WRONGPASS|NOPERM)\b|invalid username-password/;

/**
 * What a call without a connection failed of, by what kept the connection from being made. Always retryable:
 * `DMS_REDIS_REFUSED` where a server refused our user, else `DMS_REDIS_UNAVAILABLE`.
 */
export function connectionFault(reason: Error, settings: RedisSettings): DmsError {
  const code = refusing.test(reason.message) ? "DMS_REDIS_REFUSED" : "DMS_REDIS_UNAVAILABLE";
  return new DmsError(code, remedyFor(reason, settings), { retryable: true, cause: reason });
}

function hasCode(fault: unknown): fault is Error & { code: string } {
  return fault instanceof Error && "code" in fault && typeof fault.code === "string";
}
