import type { FiguresFact, History } from "../history.ts";
import { expectedPosts } from "../expected-posts.ts";
import type { Finding } from "./finding.ts";
import { pendingMessages } from "./no-loss.ts";

/** Whether there is anything to compare. */
export function areFiguresJudged(history: History): boolean {
  return areFiguresWhole(history) || (history.figures?.counts ?? null) !== null;
}

/** Whether the processes' own counters can be compared: they die with their process, and who takes over counts again. */
function areFiguresWhole({ figures, deeds }: History): boolean {
  return figures !== null && figures.isComplete && deeds.every(({ kind, at }) => kind === "join" || at > figures.at);
}

/** I16: at rest what the figures say is what the ledgers have: pulled = shown + noted + pending + dead. */
export function checkFigures(history: History): Finding[] {
  const { figures } = history;
  if (figures === null) return [];
  const ledger = ledgerOf(history);
  const compared = [
    ...(areFiguresWhole(history) ? ofProcesses(figures, ledger) : []),
    ...(figures.counts === null ? [] : ofScripts(figures.counts, ledger)),
  ];
  return compared
    .filter(([, said, is]) => said !== is)
    .map(([what, said, is]) => ({
      invariant: "I16",
      kind: "figures differ",
      conversation: "",
      detail: `${what}: the metrics say ${said}, the ledgers ${is}`,
    }));
}

function ledgerOf(history: History) {
  const conversations = [...history.conversations.values()];
  const inbound = conversations.flatMap((each) => each.inbound);
  const kinds = Map.groupBy(inbound, (fact) => expectedPosts(fact).kind);
  const malformed = kinds.get("malformed")?.length ?? 0;
  const pending = conversations.reduce((sum, each) => sum + pendingMessages(each).length, 0);
  const letters = conversations.flatMap(({ dead }) => dead).filter(({ reason }) => reason !== "reply-rejected");
  const buried = letters.filter(({ reason }) => reason !== "malformed").length;
  return {
    accepted: inbound.length - malformed,
    malformed,
    pending,
    buried,
    shown: (kinds.get("posts")?.length ?? 0) - buried - pending,
    settled: inbound.length - malformed - buried - pending,
    deadLetters: history.deadLetters,
  };
}

type Ledger = ReturnType<typeof ledgerOf>;
type Compared = [what: string, said: number, is: number][];

/** Counters of processes: whole only while none has died or been hurt. */
function ofProcesses({ pulled, done, backlog, deadLetters }: FiguresFact, ledger: Ledger): Compared {
  return [
    ["messages pulled", pulled.accepted, ledger.accepted],
    ["malformed messages", pulled.malformed, ledger.malformed],
    ["messages shown", done["shown"] ?? 0, ledger.shown],
    ["messages buried", done["dead"] ?? 0, ledger.buried],
    ["entries in the backlog", backlog, ledger.pending],
    ["dead letters", deadLetters, ledger.deadLetters],
  ];
}

/** What the scripts counted in the steps in which it happened: whole whatever dies. */
function ofScripts(counts: NonNullable<FiguresFact["counts"]>, ledger: Ledger): Compared {
  return [
    ["messages accepted, counted in Redis", counts.accepted, ledger.accepted],
    ["malformed messages, counted in Redis", counts.malformed, ledger.malformed],
    ["messages settled, counted in Redis", counts.settled, ledger.settled],
    ["messages buried, counted in Redis", counts.buried, ledger.buried],
  ];
}
