import type { JobCard, JobFacts } from "@dms/rules";
import type { Job } from "bullmq";

/** Facts as they are, or none where something else stands. */
export function factsOf(value: unknown): JobFacts {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JobFacts) : {};
}

/** A job as whoever asks for it sees it. */
export function cardOf(job: Job, state: string): JobCard {
  const isSaved = typeof job.progress === "object" && job.progress !== null;
  const hasResult = typeof job.returnvalue === "object" && job.returnvalue !== null;
  return {
    id: job.id ?? "",
    name: job.name,
    state,
    asked: factsOf(job.data),
    saved: isSaved ? factsOf(job.progress) : null,
    result: hasResult ? factsOf(job.returnvalue) : null,
    fault: job.failedReason ?? "",
    runs: job.attemptsStarted,
    addedAt: job.timestamp,
    endedAt: job.finishedOn ?? null,
  };
}
