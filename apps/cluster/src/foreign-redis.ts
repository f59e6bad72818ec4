import { messageOf } from "@dms/runtime";
import { lookAt } from "@dms/testkit";

/** Why `url` cannot name a Redis; null where it can. What it holds is not in the answer: it may be a password. */
export function redisUrlFault(url: string): string | null {
  const parsed = URL.parse(url);
  const isRedis = parsed !== null && ["redis:", "rediss:"].includes(parsed.protocol) && parsed.hostname !== "";
  if (isRedis) return null;
  const found = parsed === null || parsed.hostname === "" ? "no URL with a host" : publicUrl(url);
  return `found ${found}, allowed: redis://host:port, or rediss:// for TLS`;
}

/** A URL without its password and its query. */
export function publicUrl(url: string): string {
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname.replace(/\/$/, "")}`;
}

/** Asks a Redis whether it is there, once. Throws within about two seconds, in one line, when it is not or refuses us. */
export async function requireRedis(url: string): Promise<void> {
  const look = lookAt(url);
  // Of a connection that fails, the command is only told that it failed.
  let fault: unknown;
  look.on("error", (caught: unknown) => (fault ??= caught));
  try {
    await look.ping();
  } catch (caught) {
    const why = messageOf(fault ?? caught);
    throw new Error(`cannot use the Redis at ${publicUrl(url)} (--redis-url or DMS_REDIS_URL): ${why}`, {
      cause: caught,
    });
  } finally {
    look.disconnect();
  }
}
