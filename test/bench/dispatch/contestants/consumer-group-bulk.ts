import type { Line } from "../../crew.ts";
import type { DispatchOrder } from "../contestant.ts";
import { consume, key } from "./group-consumer.ts";
import { appendLog } from "./stream-producer.ts";

// The consumer group at its cheapest: one XACK and one XDEL for all that a read brought, so a crash between the first message
// shown and the acknowledgement shows up to a whole read again.

export function producer(order: DispatchOrder, line: Line): Promise<void> {
  return appendLog(key, order, line);
}

export function consumer(order: DispatchOrder, line: Line): Promise<void> {
  return consume(order, line, (redis, ids, group) =>
    redis
      .pipeline()
      .xack(key, group, ...ids)
      .xdel(key, ...ids)
      .exec(),
  );
}
