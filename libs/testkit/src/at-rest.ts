import { pendingMessages } from "./checkers/no-loss.ts";
import { pendingReplies } from "./checkers/replies.ts";
import { firstAnswering } from "./chat-admin.ts";
import { until } from "./condition.ts";
import { readFigures } from "./figures.ts";
import type { FiguresFact, History } from "./history.ts";
import type { TestCluster } from "./cluster.ts";

/** What is still under way, so that a wait for rest can say what it waited for. */
export interface Unrest {
  isTrafficRunning: boolean;
  backlog: number;
  /** Messages and replies that are still missing, by conversation. */
  missing: Map<string, string[]>;
}

/** The parts of a cluster that say whether it rests. One that this kit did not start has no processes to ask for figures. */
export type Watched = Pick<TestCluster, "hub" | "chats" | "view" | "ledgers"> & Partial<Pick<TestCluster, "apps">>;

const namedMax = 20;

/** Looks once: reads the ledgers and counts what is still under way. Throws when a part of the cluster is down. */
export async function lookForRest({ hub, view, ledgers }: Watched): Promise<Unrest> {
  const { running } = await hub.traffic();
  const backlog = await view.backlog();
  return { isTrafficRunning: running, backlog, missing: missingIn(await ledgers.read()) };
}

function missingIn(history: History): Map<string, string[]> {
  const missing = new Map<string, string[]>();
  for (const conversation of history.conversations.values()) {
    const wanted = [...pendingMessages(conversation), ...pendingReplies(conversation)];
    if (wanted.length > 0) missing.set(conversation.conversation, wanted);
  }
  return missing;
}

export function isAtRest({ isTrafficRunning, backlog, missing }: Unrest): boolean {
  return !isTrafficRunning && backlog === 0 && missing.size === 0;
}

/**
 * Waits until traffic has ended, everything received is shown or dead, every reply is at the hub and all inboxes are empty,
 * in two looks after one another. Agents would go on talking for a while: once customers are silent, they are told to
 * stand still, and stay so until `setAgents({ enabled: true })`. What lies in Redis then, and what the processes say of
 * themselves, is part of the history.
 * Throws after `timeoutMs` and names what is missing.
 */
export async function atRest(cluster: Watched, timeoutMs: number): Promise<History> {
  let last: Unrest | undefined;
  let quietLooks = 0;
  let areAgentsTold = false;
  const { history } = cluster.ledgers;
  await until(
    async () => {
      if (!areAgentsTold && !(await cluster.hub.traffic()).running) {
        await firstAnswering(cluster.chats, (chat) => chat.setAgents({ enabled: false }));
        areAgentsTold = true;
      }
      quietLooks = isAtRest((last = await lookForRest(cluster))) ? quietLooks + 1 : 0;
      if (quietLooks < 2) return false;
      // A rebalance may begin after the last look: what it hands over is read by its new owner a moment later.
      const state = await cluster.view.state();
      history.state = state;
      last.backlog = state.inboxes.reduce((sum, { entries }) => sum + entries, 0);
      if (last.backlog > 0) quietLooks = 0;
      return last.backlog === 0;
    },
    { timeoutMs, everyMs: 250, describe: () => (last === undefined ? "nothing could be read" : describeUnrest(last)) },
  );
  if (cluster.apps !== undefined) history.figures = await figuresAtRest(cluster.apps);
  return history;
}

/** What is still under way, in words. */
export function describeUnrest({ isTrafficRunning, backlog, missing }: Unrest): string {
  const lines = [...missing]
    .slice(0, namedMax)
    .map(([conversation, ids]) => `  ${conversation}: ${ids.slice(0, 10).join(", ")}`);
  const more = missing.size > namedMax ? [`  and ${missing.size - namedMax} conversations more`] : [];
  const traffic = isTrafficRunning ? "traffic is running, " : "";
  return [
    `not at rest: ${traffic}${backlog} entries in inboxes, missing in ${missing.size} conversations`,
    ...lines,
    ...more,
  ].join("\n");
}

/** Leaders look at Redis a moment after the last settle; for so many looks their figures may still tell of before. */
const looksMax = 20;

async function figuresAtRest(apps: TestCluster["apps"]): Promise<FiguresFact> {
  for (let look = 1; ; look++) {
    const figures = await readFigures(apps.values());
    const { accepted = 0, settled = 0, buried = 0 } = figures.counts ?? {};
    if (look === looksMax || (accepted === settled + buried && figures.backlog === 0)) return figures;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
