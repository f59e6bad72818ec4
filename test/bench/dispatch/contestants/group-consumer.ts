import { Redis } from "ioredis";
import type { InboundMessage } from "@dms/protocol";
import type { Line } from "../../crew.ts";
import { batchCount, type DispatchOrder } from "../contestant.ts";
import { Progress } from "../progress.ts";
import type { StreamRows } from "./stream-producer.ts";

export const key = "work";
const group = "workers";

/** Acknowledges and deletes what was shown. */
type Acknowledge = (redis: Redis<"legacy">, ids: string[], group: string) => Promise<unknown>;

/** Reads as one consumer of a group. The next read does not wait for the acknowledgements, which have their own connection. */
export async function consume(order: DispatchOrder, line: Line, acknowledge: Acknowledge): Promise<void> {
  const reads = new Redis<"legacy">({ port: order.redisPort });
  const acknowledges = new Redis<"legacy">({ port: order.redisPort });
  const progress = new Progress(order, line);
  await reads.call("xgroup", "create", key, group, "0", "mkstream");
  line.say("ready");
  const wait = ["count", batchCount, "block", 1000, "streams", key, ">"] as const;
  while (true) {
    const reply = (await reads.call("xreadgroup", "group", group, "one", ...wait)) as StreamRows | null;
    const ids: string[] = [];
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      const message = JSON.parse(fields[1] ?? "") as InboundMessage;
      progress.shown.show(message.text ?? "");
      ids.push(id);
    }
    if (ids.length > 0) void acknowledge(acknowledges, ids, group).then(() => progress.remove(ids.length));
  }
}
