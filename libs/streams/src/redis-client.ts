import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { TlsMaterial, TrustSource } from "@dms/rules";
import type { RedisSettings } from "@dms/runtime";
import { Redis, type RedisOptions } from "ioredis";
import { rotatingConnector } from "./rotating-connector.ts";

export type RedisClient = Redis<"legacy">;

/**
 * What a connection is for: `commands` (never waits long), `durable` (WAIT stops everything behind it), `blocking`
 * (XREAD BLOCK does likewise; in a Redis Cluster it listens for word of new entries).
 */
export type Purpose = "commands" | "durable" | "blocking";

/** Where a server is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How to open connections. */
export interface ClientOptions {
  settings: RedisSettings;
  /** Certificates that may be renewed; those of the settings without it. */
  trust?: TrustSource | undefined;
  /** How long a write barrier may take; longer than a command. */
  durabilityTimeoutMs: number;
  /** Told why a connection cannot be had, each time. */
  onFault: (fault: Error) => void;
}

type Options = Omit<RedisOptions, "replyMapping">;

const reconnectMsMax = 500;
/** How much longer than a command's answer a connection's silence may last: the command is to be told first. */
const silenceMs = 100;
/** A blocking read waits so long at most. */
export const blockingMsMax = 1000;

/** TLS as node wants it; null without TLS. Each new connection asks for the material that is current then. */
function tlsOptions({ settings: { tls }, trust }: ClientOptions): ConnectionOptions | null {
  if (tls === undefined) return null;
  const current = (): TlsMaterial => trust?.current() ?? tls;
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: tls.verifyCertificate,
    get ca() {
      return current().ca;
    },
    get cert() {
      return current().cert;
    },
    get key() {
      return current().key;
    },
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.verifyHost ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** How long a command waits for its answer, and how long a connection may be silent with one under way. */
export function patience(
  { settings, durabilityTimeoutMs }: ClientOptions,
  purpose: Purpose,
): Pick<Options, "commandTimeout" | "socketTimeout"> {
  const { commandTimeoutMs } = settings;
  if (purpose === "blocking") return { socketTimeout: blockingMsMax + commandTimeoutMs };
  const ms = commandTimeoutMs + (purpose === "durable" ? durabilityTimeoutMs : 0);
  // A server that was frozen or cut off closes nothing: without this its connections would hang long after the fail-over.
  return { commandTimeout: ms, socketTimeout: ms + silenceMs };
}

/** What every connection of ours has in common. */
export function baseOptions(options: ClientOptions, purpose: Purpose): Options {
  const { settings } = options;
  const tls = tlsOptions(options);
  return {
    connectTimeout: settings.connectTimeoutMs,
    connectionName: `${settings.clientName ?? "dms"}-${purpose}`,
    // A command whose socket died may have run: the caller knows what to do, ioredis does not.
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: reconnectMsMax,
    disableClientInfo: true,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), reconnectMsMax),
    // A demoted primary answers READONLY: look for the new one.
    reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 1 : false),
    ...patience(options, purpose),
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ...(settings.mode === "cluster" ? {} : { db: settings.database }),
    ...(tls === null ? {} : { tls }),
  };
}

function sentinelOptions(options: ClientOptions): Options {
  const { settings } = options;
  const tls = tlsOptions(options);
  return {
    sentinels: settings.nodes.map(({ host, port }) => ({ host, port })),
    name: settings.masterName ?? "mymaster",
    sentinelRetryStrategy: () => 200,
    sentinelCommandTimeout: settings.commandTimeoutMs,
    ...(settings.sentinelUsername === undefined ? {} : { sentinelUsername: settings.sentinelUsername }),
    ...(settings.sentinelPassword === undefined ? {} : { sentinelPassword: settings.sentinelPassword }),
    ...(tls === null ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/**
 * Opens a connection for one purpose to the writable server, in every form but a Redis Cluster. It connects, and reconnects
 * for ever, by itself.
 */
export function openClient(options: ClientOptions, purpose: Purpose): RedisClient {
  return openWith(options, baseOptions(options, purpose));
}

/** The same with other options for the connection itself. */
export function openWith(options: ClientOptions, base: Options): RedisClient {
  const { settings } = options;
  if (settings.mode === "single") return watched(new Redis<"legacy">({ ...base, ...settings.nodes[0] }), options);
  if (settings.mode === "sentinel") {
    return watched(new Redis<"legacy">({ ...base, ...sentinelOptions(options) }), options);
  }
  const onReplica = (node: Address): void =>
    options.onFault(new Error(`READONLY ${node.host}:${node.port} is a replica`));
  const Connector = rotatingConnector({ nodes: settings.nodes, tls: tlsOptions(options), onReplica });
  return watched(new Redis<"legacy">({ ...base, Connector } as Options), options);
}

/** Opens a connection for one purpose to one node of a Redis Cluster. */
export function openNodeClient(options: ClientOptions, purpose: Purpose, node: Address): RedisClient {
  return watched(new Redis<"legacy">({ ...baseOptions(options, purpose), host: node.host, port: node.port }), options);
}

/** Losing a connection is an expected event, and ioredis wants a listener for it. */
function watched(client: RedisClient, { onFault }: ClientOptions): RedisClient {
  client.on("error", onFault);
  client.on("sentinelError", onFault);
  hearEveryError(client);
  client.connect().catch(() => undefined);
  return client;
}

/**
 * ioredis hears the first error of a socket and no other. TLS may tell a second one after it (the peer's alert after a failed
 * write), and an error that nobody hears ends the process.
 */
export function hearEveryError(client: RedisClient): void {
  const { connector } = client as unknown as { connector: { connect(tell: unknown): Promise<Socket> } };
  const connect = connector.connect.bind(connector);
  connector.connect = async (tell) => {
    const socket = await connect(tell);
    socket.on("error", () => undefined);
    return socket;
  };
}
