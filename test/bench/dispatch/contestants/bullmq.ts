import { Queue, Worker } from "bullmq";
import type { InboundMessage } from "@dms/protocol";
import type { Line } from "../../crew.ts";
import { messageAt } from "../../ports/log.ts";
import { batchCount, type DispatchOrder } from "../contestant.ts";
import { produce, Progress } from "../progress.ts";

// What a user of Node would take. At least once, no order between concurrent jobs, nobody owns a conversation. In its favour:
// addBulk, finished jobs are not kept, a short event stream, no metrics, and many jobs at once.

const name = "work";
const concurrency = 100;

export async function producer(order: DispatchOrder, line: Line): Promise<void> {
  const connection = { host: "127.0.0.1", port: order.redisPort };
  const queue = new Queue<InboundMessage>(name, { connection, streams: { events: { maxLen: 100 } } });
  await queue.waitUntilReady();
  const opts = { removeOnComplete: true, removeOnFail: true };
  await produce(line, batchCount, async (from, upTo) => {
    const jobs = [];
    for (let sequence = from; sequence <= upTo; sequence++) {
      jobs.push({ name: "message", data: messageAt(sequence, order), opts });
    }
    await queue.addBulk(jobs);
  });
}

export async function consumer(order: DispatchOrder, line: Line): Promise<void> {
  const connection = { host: "127.0.0.1", port: order.redisPort, maxRetriesPerRequest: null };
  const progress = new Progress(order, line);
  const kept = { removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } };
  const show = async ({ data: message }: { data: InboundMessage }): Promise<void> =>
    progress.shown.show(message.text ?? "");
  const worker = new Worker<InboundMessage>(name, show, { connection, concurrency, ...kept });
  worker.on("completed", () => progress.remove(1));
  await worker.waitUntilReady();
  line.say("ready");
}
