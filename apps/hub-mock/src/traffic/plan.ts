import { messageTypes } from "@dms/protocol";
import { z } from "zod";

const conversationsMax = 100_000;

/** What `POST /admin/traffic` takes. `rate` is in messages a second, as a mean over all `conversations` together. */
export const trafficPlanSchema = z.strictObject({
  channel: z.string(),
  rate: z.number().positive().max(50_000),
  /** How many conversations are under way at once; one that ends makes room for a new one. */
  conversations: z.number().int().min(1).max(conversationsMax),
  /** Ends by itself after this long; without it, when it is stopped. */
  seconds: z.number().positive().optional(),
  /** Mean length of a conversation. */
  messagesPerConversation: z.number().int().min(1).default(12),
  /** One more conversation that writes faster than all others. */
  hotConversation: z.strictObject({ messages: z.number().int().min(1), rate: z.number().positive() }).optional(),
  types: z.partialRecord(z.enum(messageTypes), z.number().min(0)).optional(),
  /** So many messages at one instant, again and again. */
  burst: z.strictObject({ everyS: z.number().positive(), size: z.number().int().min(1).max(10_000) }).optional(),
  /** Whether customers' phones answer accepted messages with receipts. */
  receipts: z.boolean().default(false),
  seed: z.number().int().optional(),
});

const replayedConversationSchema = z.looseObject({
  customer: z.string(),
  brand: z.string(),
  messages: z.array(z.looseObject({ from: z.string(), text: z.string(), at: z.string() })),
});

/**
 * What `POST /admin/replay` takes: the customers' messages of written-down conversations. Between two of them passes a
 * random time in `pauseMs` or, with `speed`, the real one divided by it, kept within `pauseMs`.
 */
export const replayPlanSchema = z.strictObject({
  channel: z.string(),
  conversations: z.array(replayedConversationSchema).min(1).max(conversationsMax),
  pauseMs: z
    .strictObject({ min: z.number().min(0), max: z.number().min(0) })
    .refine(({ min, max }) => min <= max, "min must not be more than max"),
  speed: z.number().positive().optional(),
  seed: z.number().int().optional(),
});

export type TrafficPlan = z.infer<typeof trafficPlanSchema>;
export type ReplayPlan = z.infer<typeof replayPlanSchema>;
