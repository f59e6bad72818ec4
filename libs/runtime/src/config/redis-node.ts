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

/** Where a server, and where a sentinel listens, when nobody says otherwise. */
const usualPort = 6379;
export const usualSentinelPort = 26_379;

/** Reads `host`, `host:port`, `redis://...` or `rediss://...`; undefined when it is none of these. */
export function parseRedisNode(text: string, portUnwritten = usualPort): RedisNode | undefined {
  const parsed = URL.parse(text.includes("://") ? text : `redis://${text}`);
  if (!parsed || !["redis:", "rediss:"].includes(parsed.protocol) || parsed.hostname === "") return undefined;
  const path = /^\/?(\d{0,5})$/.exec(parsed.pathname);
  const secrets = decoded(parsed.username, parsed.password);
  if (!path || !secrets) return undefined;
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? portUnwritten : Number(parsed.port),
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

/** As Redisson reads it: a user part without a colon is a password. */
export function redissonNode(text: string, portUnwritten?: number): RedisNode | undefined {
  const node = parseRedisNode(text, portUnwritten);
  if (node?.username === undefined || node.password !== undefined) return node;
  const { username, ...rest } = node;
  return /\/\/[^/@]*:[^/@]*@/.test(text) ? node : { ...rest, password: username };
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
