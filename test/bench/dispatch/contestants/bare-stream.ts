import { Redis } from "ioredis";
import type { InboundMessage } from "@dms/protocol";
import type { Line } from "../../crew.ts";
import { batchCount, type DispatchOrder } from "../contestant.ts";
import { Progress } from "../progress.ts";
import { appendLog, type StreamRows } from "./stream-producer.ts";

// The floor: XADD, XREAD, XDEL and nothing else. No group, no owner, no acknowledgement: a crash between read and delete shows
// messages again, two readers show each message twice, and nothing keeps a repeated write out.

const key = "bare";

export function producer(order: DispatchOrder, line: Line): Promise<void> {
  return appendLog(key, order, line);
}

export async function consumer(order: DispatchOrder, line: Line): Promise<void> {
  const reads = new Redis<"legacy">({ port: order.redisPort });
  const deletes = new Redis<"legacy">({ port: order.redisPort });
  const progress = new Progress(order, line);
  const wait = ["count", batchCount, "block", 1000, "streams", key] as const;
  line.say("ready");
  let cursor = "0-0";
  while (true) {
    const reply = (await reads.call("xread", ...wait, cursor)) as StreamRows | null;
    const ids: string[] = [];
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      const message = JSON.parse(fields[1] ?? "") as InboundMessage;
      progress.shown.show(message.text ?? "");
      ids.push(id);
    }
    cursor = ids.at(-1) ?? cursor;
    if (ids.length > 0) void deletes.xdel(key, ...ids).then((count) => progress.remove(count));
  }
}
