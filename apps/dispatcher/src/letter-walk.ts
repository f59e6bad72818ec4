import type { Clock, JobInHand, Letter, Letters } from "@dms/rules";

/** Which dead letters a job is about; times are instants of Redis's clock, in ms. */
export interface LetterChoice {
  reasons: ReadonlySet<string>;
  channel?: string | undefined;
  conversation?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  /** Age that a letter has at least when the walk begins; ms. */
  ageMsMin?: number;
  countMax: number;
}

/** What a walk has come to; saved as it goes, so that a run that was cut short goes on counting. */
export interface WalkFacts {
  /** Letters that were chosen. */
  matched: number;
  /** Of those, what the step did to them, by its own words. */
  outcomes: Record<string, number>;
  /** No letter that is younger than the walk's beginning: what is buried again is not walked again. */
  startedAt: number;
  /** Where the walk is: the letter after which it goes on. */
  partition: number;
  after: string;
}

export interface Walk {
  letters: Letters;
  partitionCount: number;
  clock: Clock;
  /** Letters that one step takes, at most. */
  pageCount: number;
  /** Letters a second, in the long run. */
  perSecond: number;
}

/** Does to a page of letters what the job is for; answers one word per letter. Must be safe to do twice. */
export type Step = (partition: number, letters: readonly Letter[]) => Promise<string[]>;

/**
 * Goes through the dead letters of all partitions, oldest first, and takes the chosen ones in pages. Throws what the job's
 * signal says when it aborts, between two pages.
 */
export async function walkLetters(job: JobInHand, walk: Walk, { choice, step }: { choice: LetterChoice; step: Step }) {
  const facts = resumed(job);
  while (facts.partition < walk.partitionCount && facts.matched < choice.countMax) {
    job.signal.throwIfAborted();
    const { now, letters } = await walk.letters.browse(facts.partition, facts.after, walk.pageCount);
    facts.startedAt ||= now;
    const lastAt = Math.min(facts.startedAt - (choice.ageMsMin ?? 0), choice.until ?? facts.startedAt);
    const last = letters.at(-1);
    const chosen = letters
      .filter((letter) => timeOf(letter) <= lastAt && isChosen(letter, choice))
      .slice(0, choice.countMax - facts.matched);
    if (chosen.length > 0) {
      for (const word of await step(facts.partition, chosen)) facts.outcomes[word] = (facts.outcomes[word] ?? 0) + 1;
    }
    facts.matched += chosen.length;
    const isOver = last === undefined || timeOf(last) > lastAt;
    facts.after = isOver ? "" : last.id;
    if (isOver) facts.partition++;
    if (chosen.length === 0) continue;
    await job.save({ ...facts });
    await walk.clock.sleep((chosen.length * 1000) / walk.perSecond, job.signal);
  }
  const { matched, outcomes } = facts;
  return { matched, outcomes };
}

function resumed({ saved }: JobInHand): WalkFacts {
  const facts = saved as unknown as WalkFacts | null;
  if (facts !== null) return { ...facts, outcomes: { ...facts.outcomes } };
  return { matched: 0, outcomes: {}, startedAt: 0, partition: 0, after: "" };
}

/** When it became a dead letter, by Redis's clock. */
function timeOf({ id }: Letter): number {
  return Number(id.split("-")[0]);
}

function isChosen(letter: Letter, choice: LetterChoice): boolean {
  const { reason, conversation } = letter;
  if (!choice.reasons.has(reason)) return false;
  if (choice.since !== undefined && timeOf(letter) < choice.since) return false;
  if (choice.channel !== undefined && !conversation.startsWith(`${choice.channel}:`)) return false;
  return choice.conversation === undefined || conversation === choice.conversation;
}
