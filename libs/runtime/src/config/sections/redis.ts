import { z } from "zod";
import { flag, list, oneOf, secret, text, url, whole } from "../kinds.ts";
import { option, optional } from "../option.ts";
import { node } from "../redis-node.ts";

/** How the servers are arranged; `nodes[0]` of `master-slave` is the writable one. */
export const redisModes = ["single", "sentinel", "cluster", "master-slave", "replicated"] as const;

/** Section `redis.tls`; its presence, even empty, turns TLS on. */
const tlsSection = z
  .object({
    ca: optional(text("a file name"), "PEM file with the authorities to trust instead of the system's."),
    cert: optional(text("a file name"), "PEM file with the client's certificate."),
    key: optional(text("a file name"), "PEM file with the client's private key."),
    "server-name": optional(text(), "Name to ask for and to verify, when it is not the host in the address."),
    "verify-host": option(flag(), true, "Whether the certificate must be made out to the server's name."),
  })
  .meta({ description: "Present (even empty) means TLS." });

/** Section `redis`: where Redis is, without a Redisson file. */
export const redisSection = z.object({
  url: optional(
    url("redis", "rediss"),
    "One server: `redis://user:password@host:port/database`, or `rediss://` for TLS; port 6379 where none is written. Without `url` and `nodes`: 127.0.0.1.",
  ),
  mode: optional(
    oneOf(...redisModes),
    "Arrangement of the servers in `nodes`; `single` by default. With `master-slave` the first node is the writable one.",
  ),
  nodes: optional(
    list(node(), 1),
    "The servers, or the sentinels in mode `sentinel`; not together with `url`. Without a port: 6379, in mode `sentinel` 26379.",
  ),
  "master-name": optional(text(), "Name of the monitored group; mode `sentinel` needs it."),
  username: optional(text(), "User at the servers."),
  password: optional(secret(text()), "Password at the servers."),
  "sentinel-username": optional(text(), "User at the sentinels."),
  "sentinel-password": optional(secret(text()), "Password at the sentinels."),
  database: optional(
    whole(0, 65_535),
    "Database number; 0 or the one in `url` by default, and only 0 in mode `cluster`.",
  ),
  tls: z.exactOptional(tlsSection),
  "connect-timeout-ms": option(whole(50, 60_000), 2000, "How long opening a connection may take."),
  "command-timeout-ms": option(whole(50, 60_000), 1000, "How long a command may take; less than the lease."),
});
