import { z } from "zod";

const probability = z.number().min(0).max(1);
const pause = z
  .strictObject({ min: z.number().min(0).max(3_600_000), max: z.number().min(0).max(3_600_000) })
  .refine(({ min, max }) => min <= max, "min must not be more than max");

/** How simulated agents behave. Pauses are in milliseconds, probabilities from 0 to 1. */
export const agentOptionsSchema = z.strictObject({
  /** Off: agents stand still; steps that are due wait until it is on again. */
  enabled: z.boolean(),
  /** Pause between the creation of a session and the agent's joining. */
  joinMs: pause,
  /** Share of customer messages that get an answer. */
  replyProbability: probability,
  /** Pause before each text of an answer; the second half of it shows typing. */
  thinkMs: pause,
  /** Whether an answer goes on with one text more, drawn again after each. */
  moreProbability: probability,
  /** Whether an answer also brings a file. */
  fileProbability: probability,
  /** Whether an answer also brings a structured message. */
  structuredProbability: probability,
  /** Whether the agent ends the chat after an answer. */
  endProbability: probability,
  /** The agent ends the chat after that many texts of its own; null is never. */
  endAfterMessages: z.number().int().min(1).nullable(),
});

export type AgentOptions = z.infer<typeof agentOptionsSchema>;

export const agentDefaults: AgentOptions = {
  enabled: true,
  joinMs: { min: 500, max: 2000 },
  replyProbability: 0.7,
  thinkMs: { min: 500, max: 3000 },
  moreProbability: 0.25,
  fileProbability: 0.03,
  structuredProbability: 0.05,
  endProbability: 0.02,
  endAfterMessages: null,
};
