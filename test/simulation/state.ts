import { recordFields } from "@dms/streams";
import type { StateFact } from "@dms/testkit";
import { wallStartMs } from "./process.ts";
import type { World } from "./world.ts";

const registryKey = /^(meta|members|instances|member:.+|lease:fetch:.+)$/;
const plainKey = /^(leader|epoch|journal|dead|counts|servers|taken:.+)$/;

/** Everything that the cluster keeps in Redis at this instant, by kind of key. */
export async function lookAtState(world: World): Promise<StateFact> {
  const at = wallStartMs + world.schedule.now / 1000;
  const nothing = { members: [], remembered: [], records: [], owned: [], inboxes: [], views: [], strangers: [] };
  const look = new StateLook(world, { at, ...nothing });
  for (const key of ((await world.redis.look("KEYS", "dms:*")) as string[]).toSorted()) await look.take(key);
  return look.state;
}

class StateLook {
  readonly state: StateFact;
  readonly #world: World;

  constructor(world: World, state: StateFact) {
    this.#world = world;
    this.state = state;
  }

  async take(key: string): Promise<void> {
    const [, tag = "", rest = ""] = /^dms:\{([^}]*)\}:(.*)$/.exec(key) ?? [];
    const { redis } = this.#world;
    const { state } = this;
    if (tag === "sim") return this.#takeRegistry(key, rest);
    const partition = Number(tag.slice("sim:".length));
    const colon = rest.indexOf(":");
    const [kind, of] = colon < 0 ? [rest, ""] : [rest.slice(0, colon), rest.slice(colon + 1)];
    if (kind === "conversation") {
      const owner = String(await redis.look("HGET", key, recordFields.owner));
      state.records.push({ partition, conversation: of, owner });
    } else if (kind === "owned") {
      const conversations = (await redis.look("SMEMBERS", key)) as string[];
      state.owned.push({ partition, member: of, conversations });
    } else if (kind === "inbox") {
      state.inboxes.push({ partition, member: of, entries: Number(await redis.look("XLEN", key)) });
    } else if (rest === "workers" || rest === "load") await this.#takeView(key, rest, partition);
    else if (!plainKey.test(rest)) state.strangers.push(key);
  }

  async #takeRegistry(key: string, rest: string): Promise<void> {
    const { redis } = this.#world;
    if (rest !== "members") {
      if (!registryKey.test(rest)) this.state.strangers.push(key);
      return;
    }
    const rows = (await redis.look("ZRANGE", key, 0, -1, "WITHSCORES")) as string[];
    for (let index = 0; index + 1 < rows.length; index += 2) {
      const member = rows[index] ?? "";
      this.state.remembered.push(member);
      if (Number(rows[index + 1]) > redis.timeOf(redis.primary)) this.state.members.push(member);
    }
  }

  async #takeView(key: string, kind: string, partition: number): Promise<void> {
    const { redis } = this.#world;
    if (kind === "load") {
      for (const member of (await redis.look("ZRANGE", key, 0, -1)) as string[]) {
        this.state.views.push({ partition, member, state: "in load", isPlaceable: true });
      }
      return;
    }
    const fields = (await redis.look("HGETALL", key)) as string[];
    for (let index = 0; index + 1 < fields.length; index += 2) {
      const [member = "", state = ""] = fields.slice(index, index + 2);
      this.state.views.push({ partition, member, state, isPlaceable: false });
    }
  }
}
