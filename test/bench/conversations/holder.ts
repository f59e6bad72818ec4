import type { Line } from "../crew.ts";
import type { DispatchOrder } from "../dispatch/contestant.ts";
import { Progress } from "../dispatch/progress.ts";
import { placeable, startWorker } from "../dispatch/stand.ts";
import { CountingChat } from "../ports/counting-chat.ts";

/** A worker that tells, when asked, how much memory it uses after a full collection, and how often it has polled. */
export async function holder(order: DispatchOrder, line: Line): Promise<void> {
  const progress = new Progress(order, line);
  const chat = new CountingChat(progress.shown, order.conversations * 2);
  await startWorker(order, { name: `holder-${process.pid}`, chat, onSettled: (entries) => progress.remove(entries) });
  await placeable(order);
  line.say("ready");
  while (true) {
    await line.heard("weigh");
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    line.say("weight", { heapUsed, rss, polls: chat.polls });
  }
}
