import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@dms/rules";

/** One request as a misbehaving server sees it. */
export interface Visit {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  response: ServerResponse;
  body: () => Promise<Buffer>;
  json: (status: number, value: unknown, headers?: Record<string, string>) => void;
  /** Destroys the connection without an answer. */
  cut: () => void;
}

export interface Loopback {
  url: string;
  visits: Visit[];
  connections: () => number;
  /** Resolves when so many requests have arrived. */
  visited: (count: number) => Promise<void>;
  close: () => Promise<void>;
}

/** A server on a free loopback port that does with each request whatever `answer` does, which may be nothing. */
export async function startLoopback(answer: (visit: Visit) => unknown): Promise<Loopback> {
  const visits: Visit[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const visit = visitOf(request, response);
    visits.push(visit);
    void Promise.resolve(answer(visit)).catch(() => visit.cut());
    server.emit("visited");
  });
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    connections: () => connections,
    visited: async (count) => {
      while (visits.length < count) await once(server, "visited");
    },
    close: async () => {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}

/** An address that refuses connections: a port that was free a moment ago. */
export async function refusingUrl(): Promise<string> {
  const server = await startLoopback(() => undefined);
  await server.close();
  return server.url;
}

function visitOf(request: IncomingMessage, response: ServerResponse): Visit {
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    response,
    body: async () => Buffer.concat((await request.toArray()) as Buffer[]),
    json: (status, value, headers) => {
      request.resume();
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(value));
    },
    cut: () => request.socket.destroy(),
  };
}

/** A clock that stands still until a test moves it. */
export interface StillClock extends Clock {
  advance(ms: number): void;
  timers(): number;
}

export function stillClock(): StillClock {
  let now = 0;
  const waiting = new Set<{ at: number; action: () => void }>();
  const after = (ms: number, action: () => void): (() => void) => {
    const timer = { at: now + ms, action };
    waiting.add(timer);
    return () => waiting.delete(timer);
  };
  return {
    wall: () => now,
    monotonic: () => now,
    after,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    timers: () => waiting.size,
    advance: (ms) => {
      now += ms;
      for (const timer of waiting) {
        if (timer.at > now) continue;
        waiting.delete(timer);
        timer.action();
      }
    },
  };
}
