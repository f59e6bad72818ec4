import type { ConversationId, Entry } from "@dms/protocol";
import { expect, test } from "vitest";
import { type Sorting, sortEntry } from "./mailbox.ts";

const standing = { life: "1.a", grant: "2.b", done: 5 };
const kinds = ["message", "takeover"] as const;
const lives = ["same", "other"] as const;
const grants = ["same", "other"] as const;
const places = ["before", "last", "next", "later"] as const;
const seqs = { before: 1, last: 5, next: 6, later: 9 };

function sortingOf(cell: {
  kind: (typeof kinds)[number];
  life: (typeof lives)[number];
  grant: (typeof grants)[number];
  place: (typeof places)[number];
  isFresh: boolean;
}): Sorting {
  const entry: Entry = {
    kind: cell.kind,
    seq: cell.kind === "takeover" ? 0 : seqs[cell.place],
    life: cell.life === "same" ? "1.a" : "0.z",
    grant: cell.grant === "same" ? "2.b" : "1.a",
    conversation: "w:c" as ConversationId,
    partition: 0,
    entryId: "1-0",
    payload: "",
  };
  return sortEntry(entry, standing, cell.isFresh);
}

/** `life grant fresh` to where messages before, last, next and later go, and a takeover. */
const table: Record<string, [before: Sorting, last: Sorting, next: Sorting, later: Sorting, takeover: Sorting]> = {
  "same same fresh": ["delete", "delete", "hold", "hold", "delete"],
  "same same stale": ["delete", "delete", "hold", "hold", "delete"],
  "same other fresh": ["delete", "delete", "hold", "hold", "delete"],
  "same other stale": ["load", "load", "load", "load", "load"],
  "other same fresh": ["forward", "forward", "forward", "forward", "forward"],
  "other same stale": ["load", "load", "load", "load", "load"],
  "other other fresh": ["forward", "forward", "forward", "forward", "forward"],
  "other other stale": ["load", "load", "load", "load", "load"],
};

test("sortEntry: the table has no missing cell, and every cell is as it says (A5)", () => {
  const cells = lives.flatMap((life) =>
    grants.flatMap((grant) => [true, false].map((isFresh) => ({ life, grant, isFresh }))),
  );
  expect(cells).toHaveLength(Object.keys(table).length);
  for (const { life, grant, isFresh } of cells) {
    const found = places.map((place) => sortingOf({ kind: "message", life, grant, place, isFresh }));
    const takeover = sortingOf({ kind: "takeover", life, grant, place: "next", isFresh });
    expect({ life, grant, isFresh, row: [...found, takeover] }).toEqual({
      life,
      grant,
      isFresh,
      row: table[`${life} ${grant} ${isFresh ? "fresh" : "stale"}`],
    });
  }
});
