import type { History } from "../history.ts";
import { expectedPosts } from "../expected-posts.ts";
import type { Finding } from "./finding.ts";
import { pendingMessages } from "./no-loss.ts";

/** Whether figures can be compared at all: counters die with their process, and who takes over counts again. */
export function areFiguresWhole({ figures, deeds }: History): boolean {
  return figures !== null && figures.isComplete && deeds.every(({ kind, at }) => kind === "join" || at > figures.at);
}

/** I16: at rest what the processes count is what the ledgers have: pulled = shown + pending + dead. */
export function checkFigures(history: History): Finding[] {
  const { figures } = history;
  if (figures === null || !areFiguresWhole(history)) return [];
  const conversations = [...history.conversations.values()];
  const inbound = conversations.flatMap((each) => each.inbound);
  const malformed = inbound.filter((fact) => expectedPosts(fact).kind === "malformed").length;
  const pending = conversations.reduce((sum, each) => sum + pendingMessages(each).length, 0);
  const letters = conversations.flatMap(({ dead }) => dead).filter(({ reason }) => reason !== "reply-rejected");
  const buried = letters.filter(({ reason }) => reason !== "malformed").length;
  const showing = inbound.filter((fact) => expectedPosts(fact).kind === "posts").length;
  const deadDone = Object.entries(figures.done).reduce((sum, [what, count]) => sum + (what === "shown" ? 0 : count), 0);
  const compared: [string, number, number][] = [
    ["messages pulled", figures.pulled.accepted, inbound.length - malformed],
    ["malformed messages", figures.pulled.malformed, malformed],
    ["messages shown", figures.done["shown"] ?? 0, showing - buried - pending],
    ["messages buried", deadDone, buried],
    ["entries in the backlog", figures.backlog, pending],
    ["dead letters", figures.deadLetters, history.deadLetters],
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
