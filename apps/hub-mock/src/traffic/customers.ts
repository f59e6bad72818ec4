import { storeFiles } from "./files.ts";
import type { TrafficPlan } from "./plan.ts";
import { receiptsOf } from "./receipts.ts";
import { Run, type RunOptions } from "./run.ts";
import { createWriter, usualTypes, writeNext, type Writer, type WritingOptions } from "./writer.ts";

/** Receipts still to come; what is more is not reported at all, as by a phone that is off. */
const pendingReceiptsMax = 100_000;
/** Half of the pauses are short and half are long, as people write; their mean is 1. */
const pauseShares = [0.15, 1.85] as const;

/** Starts made-up customers who write as the plan says. */
export function startCustomers(plan: TrafficPlan, options: RunOptions): Run {
  const run = new Run({ channel: plan.channel, kind: "traffic" }, options);
  const writing = writingOf(plan, options);
  const startMs = run.schedule.now();
  const writers = startWriters(run, plan, writing);
  startHotConversation(run, plan, writing);
  startBursts(run, plan, { writers, writing });
  startReceipts(run, plan, options);
  if (plan.seconds !== undefined) run.schedule.at(startMs + plan.seconds * 1000, () => run.stop());
  return run;
}

function writingOf(plan: TrafficPlan, { random, ledger }: RunOptions): WritingOptions {
  const types = plan.types ?? usualTypes;
  const isSilent = Object.values(types).every((weight) => weight === 0);
  const lastSentTo = (conversationId: string) => ledger.lastSentTo(plan.channel, conversationId);
  const files = (types.media ?? 0) > 0 ? storeFiles(ledger) : [];
  return { random, types: isSilent ? usualTypes : types, files, lastSentTo };
}

/** Starts the conversations that the mean rate is spread over; the answer's elements change as conversations end. */
function startWriters(run: Run, plan: TrafficPlan, writing: WritingOptions): Writer[] {
  const { random } = writing;
  const meanPauseMs = (plan.conversations / plan.rate) * 1000;
  const create = (): Writer => {
    const length = random.integer(1, 2 * plan.messagesPerConversation - 1);
    return createWriter(run.nextConversationId(), { channel: plan.channel, length, random });
  };
  const writers = Array.from({ length: plan.conversations }, create);
  const step = (slot: number, dueMs: number): void => {
    let writer = writers[slot];
    // A burst may have written the conversation's last message meanwhile.
    if (writer === undefined || writer.written >= writer.length) writers[slot] = writer = create();
    run.write(writeNext(writer, writing));
    if (writer.written >= writer.length) writers[slot] = create();
    // From when it was due, not from when it ran: a late turn catches up and the mean rate holds.
    const nextMs = dueMs + random.exponential(meanPauseMs * random.pick(pauseShares));
    run.schedule.at(nextMs, () => step(slot, nextMs));
  };
  const startMs = run.schedule.now();
  for (const slot of writers.keys()) {
    const firstMs = startMs + random.fraction() * meanPauseMs;
    run.schedule.at(firstMs, () => step(slot, firstMs));
  }
  return writers;
}

function startHotConversation(run: Run, plan: TrafficPlan, writing: WritingOptions): void {
  const hot = plan.hotConversation;
  if (hot === undefined) return;
  const { channel } = plan;
  const writer = createWriter(run.nextConversationId(), { channel, length: hot.messages, random: writing.random });
  const step = (dueMs: number): void => {
    run.write(writeNext(writer, writing));
    if (writer.written >= writer.length) return;
    const nextMs = dueMs + writing.random.exponential(1000 / hot.rate);
    run.schedule.at(nextMs, () => step(nextMs));
  };
  const firstMs = run.schedule.now() + 1000 / hot.rate;
  run.schedule.at(firstMs, () => step(firstMs));
}

function startBursts(run: Run, plan: TrafficPlan, parts: { writers: Writer[]; writing: WritingOptions }): void {
  const { burst } = plan;
  if (burst === undefined) return;
  const step = (dueMs: number): void => {
    for (let count = 0; count < burst.size; count += 1) {
      const writer = parts.writing.random.pick(parts.writers);
      // The end of a conversation is its own step's to make.
      if (writer.written < writer.length) run.write(writeNext(writer, parts.writing));
    }
    const nextMs = dueMs + burst.everyS * 1000;
    run.schedule.at(nextMs, () => step(nextMs));
  };
  const firstMs = run.schedule.now() + burst.everyS * 1000;
  run.schedule.at(firstMs, () => step(firstMs));
}

function startReceipts(run: Run, plan: TrafficPlan, { ledger, random }: RunOptions): void {
  if (!plan.receipts) return;
  const off = ledger.onOutbound((record) => {
    if (record.channel !== plan.channel || run.schedule.size > pendingReceiptsMax + plan.conversations) return;
    const now = run.schedule.now();
    for (const { afterMs, draft } of receiptsOf(record, random)) run.schedule.at(now + afterMs, () => run.write(draft));
  });
  run.onStop(off);
}
