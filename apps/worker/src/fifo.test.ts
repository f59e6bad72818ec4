import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

test("whoever comes first goes first, as in an array", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const [i, comes] of steps.entries()) {
        if (!comes) expect(fifo.shift()).toBe(model.shift());
        else {
          fifo.push(i);
          model.push(i);
        }
        expect(fifo.length).toBe(model.length);
      }
    }),
  );
});
