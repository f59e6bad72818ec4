import type { SeededRandom } from "../seeded-random.ts";
import type { ReplayPlan } from "./plan.ts";
import { Run, type RunOptions } from "./run.ts";

type Conversation = ReplayPlan["conversations"][number];

/** Starts the customers of written-down conversations, each beginning somewhere within the longest pause. */
export function startReplay(plan: ReplayPlan, options: RunOptions): Run {
  const run = new Run({ channel: plan.channel, kind: "replay" }, options);
  const startMs = run.schedule.now();
  for (const conversation of plan.conversations) {
    scheduleConversation(run, { plan, conversation, startMs: startMs + options.random.fraction() * plan.pauseMs.max });
  }
  // So that a replay without a customer's message ends, too.
  run.schedule.at(startMs, () => undefined);
  return run;
}

function scheduleConversation(run: Run, of: { plan: ReplayPlan; conversation: Conversation; startMs: number }): void {
  const { customer, brand, messages } = of.conversation;
  const written = messages.filter((message) => message.from === "customer");
  if (written.length === 0) return;
  const conversationId = run.nextConversationId();
  const parties = { from: { id: `customer-${customer}` }, to: { id: `business-${brand}` } };
  let dueMs = of.startMs;
  for (const [index, { text, at }] of written.entries()) {
    const previous = written[index - 1];
    if (previous !== undefined) dueMs += pauseMs(of.plan, gapMs(previous.at, at), run.options.random);
    const marked = `#${conversationId}-${index + 1} ${text}`;
    run.schedule.at(dueMs, () => run.write({ conversationId, type: "text", ...parties, text: marked }));
  }
}

function pauseMs({ pauseMs: { min, max }, speed }: ReplayPlan, realMs: number, random: SeededRandom): number {
  if (speed === undefined) return min + random.fraction() * (max - min);
  return Math.min(Math.max(realMs / speed, min), max);
}

/** Real time between two messages; 0 when one of them does not say when it was written. */
function gapMs(from: string, to: string): number {
  const gap = Date.parse(to) - Date.parse(from);
  return Number.isNaN(gap) ? 0 : gap;
}
