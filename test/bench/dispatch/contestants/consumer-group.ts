import type { Line } from "../../crew.ts";
import type { DispatchOrder } from "../contestant.ts";
import { consume, key } from "./group-consumer.ts";
import { appendLog } from "./stream-producer.ts";

// The textbook: XADD, XREADGROUP, and XACK and XDEL for each message, pipelined. At least once, in order only while there is one
// consumer, nobody owns a conversation, and what a dead consumer had read waits until somebody claims it.

export function producer(order: DispatchOrder, line: Line): Promise<void> {
  return appendLog(key, order, line);
}

export function consumer(order: DispatchOrder, line: Line): Promise<void> {
  return consume(order, line, (redis, ids, group) => {
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.xack(key, group, id).xdel(key, id);
    return pipeline.exec();
  });
}
