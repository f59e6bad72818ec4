import { z } from "zod";
import type { Kind } from "./option.ts";

/** One server's address, as it was written. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
}

/** Reads `host`, `host:port`, `redis://...` or `rediss://...`; undefined when it is none of these. */
export function parseRedisNode(text: string): RedisNode | undefined {
  const parsed = URL.parse(text.includes("://") ? text : `redis://${text}`);
  if (!parsed || !["redis:", "rediss:"].includes(parsed.protocol) || parsed.hostname === "") return undefined;
  const path = /^\/?(\d{0,5})$/.exec(parsed.pathname);
  const secrets = decoded(parsed.username, parsed.password);
  if (!path || !secrets) return undefined;
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? 6379 : Number(parsed.port),
    isTls: parsed.protocol === "rediss:",
    ...secrets,
    ...(path[1] ? { database: Number(path[1]) } : {}),
  };
}

/** The kind of an option that holds one server's address. */
export function node(): Kind<string> {
  const schema = z.string().refine((value) => parseRedisNode(value) !== undefined);
  return { schema, allowed: "host:port, redis://host:port or rediss://host:port" };
}

function decoded(username: string, password: string): { username?: string; password?: string } | undefined {
  try {
    return {
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
    };
  } catch {
    // A stray % in a password: the address is at fault, and the caller says so without showing it.
    return undefined;
  }
}
