import { Redis } from "ioredis";
import type { Line } from "../../crew.ts";
import { messageAt } from "../../ports/log.ts";
import { batchCount, type DispatchOrder } from "../contestant.ts";
import { produce } from "../progress.ts";

/** Rows of one stream as XREAD and XREADGROUP give them. */
export type StreamRows = [key: string, rows: [id: string, fields: string[]][]][];

/** Appends the log to one stream: XADD, a pipeline for each batch. */
export async function appendLog(key: string, order: DispatchOrder, line: Line): Promise<void> {
  const redis = new Redis<"legacy">({ port: order.redisPort });
  await produce(line, batchCount, async (from, upTo) => {
    const pipeline = redis.pipeline();
    for (let sequence = from; sequence <= upTo; sequence++) {
      pipeline.xadd(key, "*", "p", JSON.stringify(messageAt(sequence, order)));
    }
    await pipeline.exec();
  });
}
