import type { redisModes } from "./sections/redis.ts";

/** How to reach Redis, whichever file it came from: section `redis` or a Redisson file. */
export interface RedisSettings {
  readonly mode: (typeof redisModes)[number];
  /** The servers, or the sentinels in mode `sentinel`; never empty. With `master-slave` the first is the writable one. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Present in mode `sentinel`. */
  readonly masterName?: string;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly database: number;
  /** Absent: no TLS. */
  readonly tls?: RedisTls;
  readonly clientName?: string;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

/** What TLS needs, as PEM text (the files have been read). */
export interface RedisTls {
  /** Authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  /** Whether the certificate must be made out to the server's name. */
  readonly verifyHost: boolean;
  /** Whether the certificate must come from a trusted authority; false only where a Redisson file says so. */
  readonly verifyCertificate: boolean;
}
