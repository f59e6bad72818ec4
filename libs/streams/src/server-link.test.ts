import { EventEmitter } from "node:events";
import { systemClock } from "@dms/runtime";
import { expect, test } from "vitest";
import type { ClientOptions, RedisClient } from "./redis-client.ts";
import { ServerLink } from "./server-link.ts";

class Client extends EventEmitter {
  readonly onFault: ClientOptions["onFault"];

  constructor({ onFault }: ClientOptions) {
    super();
    this.onFault = onFault;
  }

  disconnect(): void {
    this.emit("close");
  }
}

function linked(): { link: ServerLink; clients: Client[]; ready: () => void } {
  const clients: Client[] = [];
  const link = new ServerLink({
    settings: {
      mode: "single",
      nodes: [{ host: "redis", port: 6379 }],
      database: 0,
      connectTimeoutMs: 1000,
      commandTimeoutMs: 1000,
    },
    durabilityTimeoutMs: 1000,
    clock: systemClock,
    onReset: () => undefined,
    connect: (options) => {
      const client = new Client(options);
      clients.push(client);
      return client as unknown as RedisClient;
    },
  });
  const ready = (): void => {
    for (const client of clients) client.emit("ready");
  };
  return { link, clients, ready };
}

test("server link: a connection that could not be made is an outage until all of them are ready", () => {
  const { link, clients, ready } = linked();
  expect(link.outage).toBeUndefined();
  clients[1]?.onFault(new Error("NOAUTH Authentication required."));
  clients[0]?.emit("ready");
  expect(link.outage).toMatchObject({ code: "DMS_REDIS_REFUSED", retryable: true });
  ready();
  expect(link.outage).toBeUndefined();
  clients[0]?.emit("close");
  expect(link.isReady).toBe(false);
  expect(link.outage).toBeUndefined();
});

test("server link: what a connection died of is no reason why there is no other", () => {
  const { link, clients, ready } = linked();
  ready();
  clients[0]?.onFault(new Error("read ECONNRESET"));
  clients[0]?.emit("close");
  expect(link.outage).toBeUndefined();
  clients[0]?.onFault(new Error("connect ECONNREFUSED 127.0.0.1:6379"));
  expect(link.outage).toMatchObject({
    code: "DMS_REDIS_UNAVAILABLE",
    message: "Redis does not answer at redis:6379 (ECONNREFUSED): start it, or correct redis.nodes or redis.url",
  });
});
