import { z } from "zod";

/**
 * An id that another system chose: not empty, of bounded length, whole characters only. Half a character (a lone
 * surrogate) does not survive the way to Redis and back: two ids would become one.
 */
export function idText(lengthMax: number): z.ZodType<string> {
  return z
    .string()
    .min(1)
    .max(lengthMax)
    .refine((id) => id.isWellFormed() && !id.includes("\uFFFD"), "half a character");
}
