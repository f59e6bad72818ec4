import { recordFields } from "@dms/streams";
import type { StateFact } from "./history.ts";
import { keysLike, type RedisLook } from "./redis-look.ts";

type Place = { cluster: string; partition: number };

/** Everything that a cluster keeps in Redis, by kind of key. At rest it is at one instant as good as at another. */
export async function lookAtState(client: RedisLook, cluster: string): Promise<StateFact> {
  const state: StateFact = {
    at: Date.now(),
    members: [],
    remembered: [],
    records: [],
    owned: [],
    inboxes: [],
    views: [],
    strangers: [],
  };
  const look = new StateLook(client, state);
  for (const pattern of [`dms:{${cluster}}:*`, `dms:{${cluster}:*}:*`]) {
    for await (const key of keysLike(client, pattern)) await look.take(key, cluster);
  }
  return state;
}

const registryKey = /^(meta|members|instances|member:.+|lease:fetch:.+)$/;
const plainKey = /^(leader|epoch|journal|dead|counts|servers|taken:.+)$/;

class StateLook {
  readonly #client: RedisLook;
  readonly #state: StateFact;

  constructor(client: RedisLook, state: StateFact) {
    this.#client = client;
    this.#state = state;
  }

  async take(key: string, cluster: string): Promise<void> {
    const [, tag = "", rest = ""] = /^dms:\{([^}]*)\}:(.*)$/.exec(key) ?? [];
    if (tag === cluster) return this.#takeRegistry(key, rest);
    const place = { cluster, partition: Number(tag.slice(cluster.length + 1)) };
    const at = rest.indexOf(":");
    const [kind, of] = at < 0 ? [rest, ""] : [rest.slice(0, at), rest.slice(at + 1)];
    if (kind === "conversation") return this.#takeRecord(key, of, place);
    if (kind === "owned") return this.#takeOwned(key, of, place);
    if (kind === "inbox") return this.#takeInbox(key, of, place);
    if (rest === "workers" || rest === "load") return this.#takeView(key, rest, place);
    if (!plainKey.test(rest)) this.#state.strangers.push(key);
  }

  async #takeRegistry(key: string, rest: string): Promise<void> {
    if (rest !== "members") {
      if (!registryKey.test(rest)) this.#state.strangers.push(key);
      return;
    }
    const [seconds = "0"] = (await this.#client.time()) as unknown as string[];
    const rows = await this.#client.zrange(key, "0", "-1", "WITHSCORES");
    for (let index = 0; index + 1 < rows.length; index += 2) {
      const member = rows[index] ?? "";
      this.#state.remembered.push(member);
      if (Number(rows[index + 1]) > Number(seconds) * 1000) this.#state.members.push(member);
    }
  }

  async #takeRecord(key: string, conversation: string, { partition }: Place): Promise<void> {
    const owner = await this.#client.hget(key, recordFields.owner);
    // Closed between the scan and this look.
    if (owner !== null) this.#state.records.push({ partition, conversation, owner });
  }

  async #takeOwned(key: string, member: string, { partition }: Place): Promise<void> {
    this.#state.owned.push({ partition, member, conversations: await this.#client.smembers(key) });
  }

  async #takeInbox(key: string, member: string, { partition }: Place): Promise<void> {
    this.#state.inboxes.push({ partition, member, entries: await this.#client.xlen(key) });
  }

  async #takeView(key: string, kind: string, { partition }: Place): Promise<void> {
    const { views } = this.#state;
    if (kind === "workers") {
      for (const [member, state] of Object.entries(await this.#client.hgetall(key))) {
        views.push({ partition, member, state, isPlaceable: false });
      }
      return;
    }
    for (const member of await this.#client.zrange(key, "0", "-1")) {
      views.push({ partition, member, state: "in load", isPlaceable: true });
    }
  }
}
