import { type LetterJob, letterJobSchema, letterReasons } from "@dms/protocol";
import type { Clock, Emit, JobFacts, JobInHand, JobPlan, Letters, Random } from "@dms/rules";
import type { Config } from "@dms/runtime";
import { type LetterChoice, type Step, walkLetters } from "./letter-walk.ts";

/** Letters that one step takes: few enough that no script holds Redis up. */
const pageCount = 100;
/** Deleting is cheap, and nobody downstream must keep up with it. */
const discardsPerSecond = 10_000;
const dayMs = 86_400_000;

interface LetterParts {
  letters: Letters;
  partitionCount: number;
  clock: Clock;
  /** How many days letters stay; 0 is for ever. */
  keptDays: { deadLetters: number; noSession: number };
}

/** The jobs of dead letters: `redrive` and `discard` on demand, `tidy` by itself. */
export function planLetterJobs({ letters, clock }: { letters: Letters; clock: Clock }, config: Config): JobPlan {
  const { deadLettersDays, noSessionDays, tidyEveryMinutes } = config.jobs;
  const keptDays = { deadLetters: deadLettersDays, noSession: noSessionDays };
  const isTidied = deadLettersDays > 0 || noSessionDays > 0;
  return {
    handlers: handlersOf({ letters, clock, partitionCount: config.cluster.partitions, keptDays }),
    schedules: { tidy: isTidied ? { everyMs: tidyEveryMinutes * 60_000 } : null },
  };
}

/** What a job service is opened with that does these jobs. */
export function letterJobs<Connection>(
  { letters, connectJobs }: { letters: Letters; connectJobs: (purpose: "asking" | "working") => Connection },
  parts: { clock: Clock; random: Random; emit: Emit },
  config: Config,
) {
  const plan = planLetterJobs({ letters, clock: parts.clock }, config);
  return { cluster: config.cluster.name, connect: connectJobs, ...plan, ...parts };
}

function handlersOf(parts: LetterParts): JobPlan["handlers"] {
  const { letters } = parts;
  const redrive: Step = (partition, chosen) => letters.redrive(partition, idsOf(chosen));
  return {
    redrive: (job) => {
      const asked = askedOf(job);
      const perSecond = asked.job === "redrive" ? asked["per-second"] : discardsPerSecond;
      return walk(parts, job, { choice: choiceOf(asked), step: asked["dry-run"] ? countReasons : redrive, perSecond });
    },
    discard: (job) => {
      const asked = askedOf(job);
      return walk(parts, job, { choice: choiceOf(asked), step: asked["dry-run"] ? countReasons : discarding(letters) });
    },
    tidy: (job) => tidy(parts, job),
  };
}

interface Errand {
  choice: LetterChoice;
  step: Step;
  perSecond?: number;
}

function walk(parts: LetterParts, job: JobInHand, { choice, step, perSecond = discardsPerSecond }: Errand) {
  return walkLetters(job, { ...parts, pageCount, perSecond }, { choice, step });
}

const countReasons: Step = async (_partition, chosen) => chosen.map(({ reason }) => reason);

function discarding(letters: Letters): Step {
  return async (partition, chosen) => {
    const count = await letters.discard(partition, idsOf(chosen));
    return Array.from({ length: count }, () => "discarded");
  };
}

/** Deletes what is too old, each kind by its own age. What a former run has done counts anew: it finds less to do. */
async function tidy(parts: LetterParts, job: JobInHand): Promise<JobFacts> {
  const { deadLetters, noSession } = parts.keptDays;
  const step = discarding(parts.letters);
  const others = letterReasons.filter((reason) => reason !== "no-session");
  const ages: [days: number, reasons: readonly string[]][] = [
    [noSession, ["no-session"]],
    [deadLetters, others],
  ];
  // Nothing to go on from: what is deleted is not found again.
  const { id, name, asked, signal } = job;
  const fresh: JobInHand = { id, name, asked, signal, saved: null, save: (facts) => job.save(facts) };
  let discarded = 0;
  for (const [days, reasons] of ages) {
    if (days === 0) continue;
    const choice = { reasons: new Set(reasons), ageMsMin: days * dayMs, countMax: Number.POSITIVE_INFINITY };
    const { outcomes } = await walk(parts, fresh, { choice, step });
    discarded += outcomes["discarded"] ?? 0;
  }
  return { discarded };
}

const idsOf = (chosen: readonly { id: string }[]): string[] => chosen.map(({ id }) => id);

/** What was asked, as it was checked when it came in; a job of another version may ask otherwise, and fails. */
function askedOf(job: JobInHand): LetterJob {
  return letterJobSchema.parse({ ...job.asked, job: job.name });
}

function choiceOf(asked: LetterJob): LetterChoice {
  const instant = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));
  return {
    reasons: new Set(asked.reasons),
    channel: asked.channel,
    conversation: asked.conversation,
    since: instant(asked.since),
    until: instant(asked.until),
    countMax: asked["count-max"],
  };
}
