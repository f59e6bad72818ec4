import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Sections of a configuration file, as an operator writes them. */
export type Sections = Record<string, Record<string, unknown>>;

/** Where a cluster's parts are, before its configuration is written. */
export interface ClusterPlaces {
  dir: string;
  cluster: string;
  partitions: number;
  redisSection: Readonly<Record<string, unknown>>;
  hubUrl: string;
  chatUrls: readonly string[];
  channels: readonly string[];
}

/** The hub's client secret, as a configuration names it: no process has reason to warn of it. */
const clientSecret = "${file:hub-client-secret}";

/** Writes one configuration for all processes; names and ports come on their command lines. Answers the file. */
export function writeClusterConfig(places: ClusterPlaces, overrides: Sections): string {
  const sections: Sections = {
    redis: { ...places.redisSection },
    cluster: { name: places.cluster, partitions: places.partitions },
    chat: { servers: places.chatUrls.map((url) => `${url}/genesys`) },
    http: { host: "127.0.0.1", port: 0 },
    log: { level: "info" },
    "hub-mock": {
      channels: places.channels,
      "client-secret": clientSecret,
      "data-file": join(places.dir, "hub.jsonl"),
    },
    "chat-mock": { store: join(places.dir, "chat.sqlite") },
  };
  for (const channel of places.channels) {
    sections[`channel-${channel}`] = {
      hub: { url: places.hubUrl, "client-id": "dms", "client-secret": clientSecret, "channel-id": channel },
      "inbound-media": `${channel}session`,
    };
  }
  writeFileSync(join(places.dir, "hub-client-secret"), "secret");
  const file = join(places.dir, "cluster.yaml");
  // JSON is YAML.
  writeFileSync(file, `${JSON.stringify(merged(sections, overrides), null, 2)}\n`);
  return file;
}

function merged(sections: Sections, overrides: Sections): Sections {
  const whole = { ...sections };
  for (const [name, options] of Object.entries(overrides)) whole[name] = { ...whole[name], ...options };
  return whole;
}
