import { composeDispatcher, observeDispatcher } from "@dms/dispatcher";
import { createLogger, createMetrics, systemClock as clock, systemRandom as random } from "@dms/runtime";
import type { Line } from "../../crew.ts";
import { CountingChat } from "../../ports/counting-chat.ts";
import { LogHub } from "../../ports/log-hub.ts";
import type { DispatchOrder } from "../contestant.ts";
import { Progress } from "../progress.ts";
import { channelsOf, openStand, placeable, startWorker } from "../stand.ts";

// Ours: the dispatcher and the worker as production composes them, with their stores, metrics and leases; only the two clients of
// the outside are replaced. Default options; the log writes warnings only, as the other contestants write none at all.

export async function producer(order: DispatchOrder, line: Line): Promise<void> {
  const { config, stores, identity } = await openStand(order, "dispatcher");
  const hubs = new Map(
    channelsOf(order).map((channel, at) => [channel, new LogHub(order, { every: order.channels, at })]),
  );
  const logger = createLogger({ level: "warn", name: "dispatcher" });
  const { emit } = observeDispatcher(logger, createMetrics(), clock);
  const dispatcher = composeDispatcher({ ...stores, hubs, clock, random, emit }, config, identity);
  await dispatcher.start();
  line.say("ready");
  while (true) {
    const { upTo = 0 } = await line.heard("go");
    for (const hub of hubs.values()) hub.openUpTo(upTo);
  }
}

export async function consumer(order: DispatchOrder, line: Line): Promise<void> {
  const progress = new Progress(order, line);
  const chat = new CountingChat(progress.shown, order.conversations);
  const onSettled = (entries: number): void => progress.remove(entries);
  for (let i = 1; i <= order.members; i++) {
    await startWorker(order, { name: `worker-${process.pid}-${i}`, chat, onSettled });
  }
  await placeable(order);
  line.say("ready");
}
