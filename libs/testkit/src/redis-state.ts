import { recordFields } from "@dms/streams";
import type { StateFact } from "./history.ts";
import { keysLike, type RedisLook } from "./redis-look.ts";

type Place = { cluster: string; partition: number };

const looksMax = 20;

/**
 * Everything that a cluster keeps in Redis, by kind of key. Looking takes many commands, and at rest conversations may still
 * be rebalanced in between: so it looks until two looks in a row saw the same.
 */
export async function lookAtState(client: RedisLook, cluster: string): Promise<StateFact> {
  let state = await lookOnce(client, cluster);
  for (let looks = 1; looks < looksMax; looks++) {
    const next = await lookOnce(client, cluster);
    if (alike(state, next)) return next;
    state = next;
  }
  return state;
}

/** Whether both saw the same, in whatever order the server named it. */
function alike(one: StateFact, other: StateFact): boolean {
  const text = (state: StateFact): string =>
    Object.entries({ ...state, at: 0 })
      .map(([kind, rows]) => JSON.stringify([kind, sorted(rows)]))
      .join();
  return text(one) === text(other);
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const rows = value.map((row) =>
    JSON.stringify(
      typeof row === "object" ? Object.entries(row as object).map(([key, held]) => [key, sorted(held)]) : row,
    ),
  );
  return rows.toSorted();
}

async function lookOnce(client: RedisLook, cluster: string): Promise<StateFact> {
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

// What BullMQ keeps of jobs is bounded by libs/jobs, whose tests see to it.
const registryKey = /^(meta|members|instances|member:.+|lease:fetch:.+|jobs:letters:.+)$/;
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
