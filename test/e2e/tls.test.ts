import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type HttpProxy,
  makeAuthority,
  startHttpProxy,
  startTlsFront,
  type TestCluster,
  type TlsFront,
} from "@dms/testkit";
import { expect, test } from "vitest";
import { play } from "./scenario.ts";

interface Sections {
  "channel-whatsapp": { hub: Record<string, unknown> };
  chat: { servers: string[] } & Record<string, unknown>;
  http: Record<string, unknown>;
}

interface Secured {
  fronts: TlsFront[];
  proxy: HttpProxy;
  /** A configuration in which nothing outside is reached but by TLS with a client certificate. */
  configFile: string;
}

/** Puts TLS in front of the hub and of both chat servers, and a proxy with a password in front of the chat servers. */
async function secured(cluster: TestCluster): Promise<Secured> {
  const authority = makeAuthority(join(cluster.dir, "authority"));
  const [server, client] = [authority.issue("servers"), authority.issue("dms")];
  const config = JSON.parse(readFileSync(cluster.configFile, "utf8")) as Sections;
  const fronts: TlsFront[] = [];
  const front = async (url: unknown): Promise<string> => {
    const plain = new URL(String(url));
    const opened = await startTlsFront({ port: Number(plain.port) }, { ...server, clientCa: authority.ca });
    fronts.push(opened);
    return `https://127.0.0.1:${opened.port}${plain.pathname.replace(/\/$/, "")}`;
  };
  const proxy = await startHttpProxy({ user: "dms", password: "p@ss" });
  const tls = { ca: authority.ca, ...client };
  const { hub } = config["channel-whatsapp"];
  Object.assign(hub, { url: await front(hub["url"]), tls });
  const servers = await Promise.all(config.chat.servers.map(front));
  Object.assign(config.chat, { servers, tls, proxy: proxy.url, "no-proxy": "none.example" });
  const configFile = join(cluster.dir, "secured.yaml");
  writeFileSync(configFile, JSON.stringify(config));
  return { fronts, proxy, configFile };
}

test("hub and chat servers behind TLS with client certificates, the chat servers behind a proxy too", async () => {
  let parts: Secured | undefined;
  try {
    await play({
      cluster: { workers: 0, dispatchers: 0 },
      prepare: async (cluster) => {
        parts = await secured(cluster);
        const args = ["--config", parts.configFile];
        await Promise.all([cluster.addDispatcher({ args }), cluster.addWorker({ args }), cluster.addWorker({ args })]);
      },
      harm: async ({ cluster, flow }) => {
        expect(await cluster.app("worker-1").stop()).toMatchObject({ code: 0 });
        await flow(100);
      },
    });
    expect(parts?.fronts.map((front) => front.accepted() > 0)).toEqual([true, true, true]);
    expect(parts?.proxy.tunnels.length).toBeGreaterThan(0);
    expect(parts?.proxy.refused()).toBe(0);
  } finally {
    await Promise.all([...(parts?.fronts ?? []), parts?.proxy].map(async (part) => part?.close()));
  }
});
