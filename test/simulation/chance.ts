import { createHash } from "node:crypto";
import type { Random } from "@dms/rules";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Seeded chance (sfc32). Every part of a run draws from a stream of its own, named by what it is for: taking one fault out of
 * a plan then leaves what the others draw as it was, and a failing run can be made smaller.
 */
export class Chance implements Random {
  readonly #name: string;
  readonly #state: Uint32Array;

  constructor(name: string) {
    this.#name = name;
    const digest = createHash("sha256").update(name).digest();
    this.#state = new Uint32Array([0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)));
  }

  /** A stream of its own for what `name` names. */
  stream(name: string): Chance {
    return new Chance(`${this.#name}/${name}`);
  }

  fraction(): number {
    return this.#next() / 4_294_967_296;
  }

  token(length: number): string {
    let token = "";
    for (let i = 0; i < length; i++) token += alphabet[this.#next() % alphabet.length];
    return token;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  strikes(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)] as T;
  }

  #next(): number {
    const s = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const t = (a + b + d) >>> 0;
    s[3] = d + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + t;
    return t;
  }
}
