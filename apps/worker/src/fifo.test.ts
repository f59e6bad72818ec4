import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

test("whoever comes first goes first, as in an array", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      const played = (line: { push(one: number): void; shift(): number | undefined }) =>
        steps.map((comes, i) => (comes ? line.push(i) : line.shift()));
      expect(played(fifo)).toEqual(played({ push: (one) => void model.push(one), shift: () => model.shift() }));
      expect(fifo.length).toBe(model.length);
    }),
  );
});
