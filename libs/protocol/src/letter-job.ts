import { z } from "zod";

/** Why a message or reply became a dead letter. */
export const letterReasons = [
  "malformed",
  "rejected",
  "crashing",
  "missing",
  "no-session",
  "reply-rejected",
  "unreadable",
] as const;

/** Of these, those whose payload is a message that can be shown after all. */
export const redrivable = ["rejected", "crashing", "no-session"] as const;

/** A conversation's id begins with its channel; what does not is nobody's, and would just never match. */
const wholeId = /^[a-z0-9][a-z0-9-]*:./;

const bounds = {
  /** Only those of one channel, or of one conversation (`<channel>:<id at the hub>`). */
  channel: z.exactOptional(z.string().min(1).max(256)),
  conversation: z.exactOptional(z.string().max(1024).regex(wholeId, "must be <channel>:<id at the hub>")),
  /** Only those that became dead letters from then on, and until then. */
  since: z.exactOptional(z.iso.datetime({ offset: true })),
  until: z.exactOptional(z.iso.datetime({ offset: true })),
  "count-max": z.int().min(1).max(100_000_000).default(1_000_000),
  /** Counts what it would touch, and touches nothing. */
  "dry-run": z.boolean().default(false),
};

/** What an operator asks of dead letters: to show them after all, or to delete them. */
export const letterJobSchema = z.discriminatedUnion("job", [
  z.strictObject({
    job: z.literal("redrive"),
    reasons: z.array(z.enum(redrivable)).min(1).default(["rejected", "crashing"]),
    "per-second": z.int().min(1).max(10_000).default(100),
    ...bounds,
  }),
  z.strictObject({ job: z.literal("discard"), reasons: z.array(z.enum(letterReasons)).min(1), ...bounds }),
]);

export type LetterJob = z.output<typeof letterJobSchema>;
