import type { RedisServerView } from "@dms/rules";
import type { RedisSettings } from "@dms/runtime";
import { redisFault } from "./redis-fault.ts";
import type { ServerLink } from "./server-link.ts";

type Facts = Record<string, string>;

function factsOf(text: string): Facts {
  const pairs = [...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = "", value = ""]) => [name, value]);
  return Object.fromEntries(pairs) as Facts;
}

/** A replica counts while it follows; one that copies everything anew, or is gone, protects nobody yet. */
function viewOf(node: string, facts: Facts): RedisServerView {
  const replicas = Object.entries(facts).filter(
    ([name, value]) => /^slave\d+$/.test(name) && /state=online/.test(value),
  );
  const { aof_last_write_status: aof = "ok", rdb_last_bgsave_status: rdb = "ok" } = facts;
  return {
    node,
    role: facts["role"] === "slave" ? "replica" : "primary",
    usedBytes: Number(facts["used_memory"] ?? 0),
    maxBytes: Number(facts["maxmemory"] ?? 0),
    replicas: replicas.length,
    isAppendOnly: facts["aof_enabled"] === "1",
    isPersisted: aof === "ok" && rdb === "ok",
  };
}

/** Asks the server, or every primary of a Redis Cluster, how it is. Throws as a transition does. */
export async function readServers(links: readonly ServerLink[], settings: RedisSettings): Promise<RedisServerView[]> {
  const [first] = settings.nodes;
  try {
    return await Promise.all(
      links.map(async ({ commands, node = first }) =>
        viewOf(`${node?.host}:${node?.port}`, factsOf(String(await commands.call("info")))),
      ),
    );
  } catch (caught) {
    throw redisFault(caught, "asking how the server is");
  }
}
