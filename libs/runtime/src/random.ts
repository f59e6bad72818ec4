import { randomInt } from "node:crypto";
import type { Random } from "@dms/rules";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/** The machine's randomness; the only place that touches it. */
export const systemRandom: Random = {
  token: (length) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join(""),
  fraction: () => Math.random(),
};
