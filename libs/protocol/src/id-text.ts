import { z } from "zod";

/**
 * An id that another system chose: not empty, of bounded length, whole characters only. Half a character (a lone
 * surrogate) does not survive the way to Redis and back: two ids would become one.
 */
export function idText(lengthMax: number): z.ZodType<string> {
  return z.string().min(1).max(lengthMax).refine(isWhole, "half a character");
}

/** Whether `idText` would take the value, for those who cannot wait for a schema. */
export function isIdText(value: unknown, lengthMax: number): boolean {
  return typeof value === "string" && value !== "" && value.length <= lengthMax && isWhole(value);
}

function isWhole(id: string): boolean {
  return id.isWellFormed() && !id.includes("\uFFFD");
}
