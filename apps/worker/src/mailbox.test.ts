import type { ConversationId, Entry } from "@dms/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Mailbox } from "./mailbox.ts";

const standing = { life: "1.a", grant: "1.a", done: 0 };

function entry(seq: number, changes: Partial<Entry> = {}): Entry {
  const place = { conversation: "w:c" as ConversationId, partition: 0, entryId: `1-${seq}`, payload: "" };
  return { kind: "message", seq, life: "1.a", grant: "1.a", ...place, ...changes };
}

test("messages that arrive in any order, some of them twice, are taken in `seq` order and counted once (I3)", () => {
  const order = fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 6 });
  fc.assert(
    fc.property(order, fc.array(fc.integer({ min: 1, max: 6 })), (seqs, again) => {
      const mailbox = new Mailbox();
      const arrived = [...seqs, ...again];
      for (const seq of arrived) mailbox.arrive(entry(seq), 1);
      const { repeated } = mailbox.sort(standing, 1);
      expect(mailbox.size + repeated).toBe(arrived.length);
      const taken: number[] = [];
      for (let next = mailbox.at(1); next !== undefined; next = mailbox.at(taken.length + 1)) {
        taken.push(next.seq);
        mailbox.remove(next.seq);
      }
      expect(taken).toEqual([1, 2, 3, 4, 5, 6]);
      expect(mailbox.size).toBe(0);
    }),
  );
});

test("a second row of the same message is deleted, so that it does not lie in the inbox for ever", () => {
  const mailbox = new Mailbox();
  mailbox.arrive(entry(1), 1);
  mailbox.sort(standing, 1);
  mailbox.arrive(entry(1, { entryId: "2-0" }), 1);
  expect(mailbox.sort(standing, 1)).toMatchObject({ repeated: 0, delete: [{ entryId: "1-1" }] });
  expect(mailbox.at(1)).toMatchObject({ entryId: "2-0" });
});

test("an entry of another grant waits for a load that began after it, and is then compared", () => {
  const mailbox = new Mailbox();
  mailbox.arrive(entry(1, { grant: "2.b" }), 1);
  expect(mailbox.sort(standing, 1).needsLoad).toBe(true);
  expect(mailbox.hasArrivals).toBe(true);
  expect(mailbox.sort({ ...standing, grant: "2.b" }, 2).needsLoad).toBe(false);
  expect(mailbox.at(1)).toBeDefined();
});

test("held entries are compared again with a record that was read again", () => {
  const mailbox = new Mailbox();
  for (const seq of [1, 2, 3]) mailbox.arrive(entry(seq), 1);
  mailbox.sort(standing, 1);
  mailbox.restack(2);
  expect(mailbox.at(1)).toBeUndefined();
  const sorted = mailbox.sort({ ...standing, done: 2 }, 2);
  expect(sorted.delete.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(mailbox.at(3)).toBeDefined();
});

test("everything in hand can be taken away at once", () => {
  const mailbox = new Mailbox();
  mailbox.arrive(entry(2), 1);
  mailbox.sort(standing, 1);
  mailbox.arrive(entry(1), 1);
  expect(mailbox.takeAll().map(({ seq }) => seq)).toEqual([1, 2]);
  expect(mailbox.size).toBe(0);
});

test("what is held at once is what comparing would have held, in the same order", () => {
  const arriving = fc.record({
    seq: fc.integer({ min: 0, max: 5 }),
    kind: fc.constantFrom("message" as const, "takeover" as const),
    life: fc.constantFrom("1.a", "2.b"),
    grant: fc.constantFrom("1.a", "2.b"),
    entryId: fc.constantFrom("1-0", "2-0"),
  });
  fc.assert(
    fc.property(fc.array(arriving), fc.integer({ min: 0, max: 3 }), (arrivals, done) => {
      const known = { ...standing, done };
      const [quick, compared] = [new Mailbox(), new Mailbox()];
      const totals = [quick, compared].map((mailbox) =>
        arrivals.map(({ seq, ...changes }) => {
          const arrived = entry(seq, changes);
          if (mailbox === compared || !mailbox.hold(arrived, known)) mailbox.arrive(arrived, 1);
          return mailbox.sort(known, 1);
        }),
      );
      expect(totals[0]).toEqual(totals[1]);
      expect(quick.takeAll()).toEqual(compared.takeAll());
    }),
  );
});
