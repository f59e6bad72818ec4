import type { ConversationHistory, History } from "../history.ts";
import { compareShown } from "../shown-comparison.ts";
import { type Bounds, boundsDefault } from "./due.ts";
import { checkEpochs } from "./epochs.ts";
import { type Finding, findingKinds, type Invariant, invariants, type Occasion } from "./finding.ts";
import type { Disturbance } from "./isolation.ts";
import { checkNoDoubleShow } from "./no-double-show.ts";
import { checkNoLoss, pendingMessages } from "./no-loss.ts";
import { checkOneOwner } from "./one-owner.ts";
import { checkOneSession } from "./one-session.ts";
import { checkOrder } from "./order.ts";
import { checkProcessed } from "./processed.ts";
import { checkReplies, pendingReplies } from "./replies.ts";
import { countJudged, judgeRun } from "./run-properties.ts";

/** What the checkers say of a history. Findings are kept up to a bound, counts are of all. */
export interface Verdict {
  isClean: boolean;
  findings: Finding[];
  counts: Record<Finding["kind"], number>;
  /** What must still happen before everything is at rest. */
  pending: { messages: number; replies: number };
  /** What the verdict rests on; `asked` posts should be there and `posts` are. */
  compared: {
    conversations: number;
    messages: number;
    asked: number;
    posts: number;
    replies: number;
    sessions: number;
  };
  /** How many facts each invariant's checker had to judge; run properties are judged at rest only. */
  judged: Record<Invariant, number>;
}

/** When and by which bounds a history is judged. */
export interface VerdictOptions {
  isAtRest: boolean;
  bounds?: Partial<Bounds>;
  disturbance?: Disturbance;
}

const findingsMax = 200;

interface Judgement {
  version: number;
  isAtRest: boolean;
  findings: Finding[];
  pending: { messages: number; replies: number };
}

/**
 * Judges a history again and again; a conversation that has not changed is not looked at twice, except for sessions that
 * are open too long.
 */
export class RunningVerdict {
  readonly #judgements = new Map<ConversationHistory, Judgement>();

  of(history: History, { isAtRest, disturbance, ...options }: VerdictOptions): Verdict {
    const bounds = { ...boundsDefault, ...options.bounds };
    const occasion = { isAtRest, now: history.readAt, orphanMsMax: bounds.orphanMsMax };
    const run = { bounds, ...(disturbance && { disturbance }) };
    const verdict = emptyVerdict(countJudged(history, run));
    for (const conversation of history.conversations.values()) {
      const judgement = this.#judge(conversation, occasion);
      const sessions = checkOneSession(conversation, occasion);
      add(verdict, conversation, { ...judgement, findings: [...judgement.findings, ...sessions] });
    }
    if (isAtRest) note(verdict, judgeRun(history, run, verdict.findings));
    verdict.isClean = findingKinds.every((kind) => verdict.counts[kind] === 0);
    return verdict;
  }

  #judge(conversation: ConversationHistory, occasion: Occasion): Judgement {
    const { version } = conversation;
    const known = this.#judgements.get(conversation);
    if (known?.version === version && known.isAtRest === occasion.isAtRest) return known;
    const judgement = {
      version,
      isAtRest: occasion.isAtRest,
      findings: [
        ...checkNoLoss(conversation, occasion),
        ...checkNoDoubleShow(conversation),
        ...checkOrder(conversation),
        ...checkReplies(conversation, occasion),
        ...checkOneOwner(conversation),
        ...checkEpochs(conversation),
        ...checkProcessed(conversation),
      ],
      pending: { messages: pendingMessages(conversation).length, replies: pendingReplies(conversation).length },
    };
    this.#judgements.set(conversation, judgement);
    return judgement;
  }
}

/** Judges a history once. At rest, what is not there is lost; before, it is pending. */
export function verdict(history: History, options: VerdictOptions): Verdict {
  return new RunningVerdict().of(history, options);
}

/** Each invariant with what its checker rests on, or that it was broken; one that had nothing to judge says so. */
export function judgedLine({ judged, findings }: Verdict): string {
  const broken = new Set(findings.map(({ invariant }) => invariant));
  const wordFor = (invariant: Invariant): string => {
    if (broken.has(invariant)) return `${invariant} BROKEN`;
    return judged[invariant] === 0 ? `${invariant} -` : `${invariant} ${judged[invariant]}`;
  };
  return invariants.map(wordFor).join("  ");
}

/** A verdict as a person reads it when a test fails. */
export function describeVerdict(whole: Verdict): string {
  const { counts, findings, pending } = whole;
  const wrong = findingKinds.filter((kind) => counts[kind] > 0).map((kind) => `${kind} ${counts[kind]}`);
  return [
    wrong.length === 0 ? "clean" : wrong.join(", "),
    `pending: ${pending.messages} messages, ${pending.replies} replies`,
    `judged: ${judgedLine(whole)}`,
    ...findings.map(({ invariant, conversation, detail }) => `${`${invariant} ${conversation}`.trim()}: ${detail}`),
  ].join("\n");
}

function emptyVerdict(judged: Verdict["judged"]): Verdict {
  return {
    isClean: true,
    findings: [],
    counts: Object.fromEntries(findingKinds.map((kind) => [kind, 0])) as Verdict["counts"],
    pending: { messages: 0, replies: 0 },
    compared: { conversations: 0, messages: 0, asked: 0, posts: 0, replies: 0, sessions: 0 },
    judged,
  };
}

function note(whole: Verdict, findings: readonly Finding[]): void {
  for (const finding of findings) {
    whole.counts[finding.kind] += 1;
    if (whole.findings.length < findingsMax) whole.findings.push(finding);
  }
}

function add(whole: Verdict, conversation: ConversationHistory, { findings, pending }: Judgement): void {
  note(whole, findings);
  whole.pending.messages += pending.messages;
  whole.pending.replies += pending.replies;
  whole.compared.conversations += 1;
  whole.compared.messages += conversation.inbound.length;
  whole.compared.asked += compareShown(conversation).asked;
  whole.compared.posts += conversation.shown.length;
  whole.compared.replies += conversation.sent.length;
  whole.compared.sessions += conversation.sessions.length;
}
