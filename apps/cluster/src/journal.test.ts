import { expect, test } from "vitest";
import { Journal } from "./journal.ts";

function textsOf(journal: Journal): string[] {
  return journal.lines(10).map(({ text }) => text);
}

test("what every partition reports is one line", () => {
  const journal = new Journal();
  for (let partition = 0; partition < 8; partition++) {
    const evicted = { event: "member-evicted", member: "worker-1.abc", cause: "proved", partition };
    journal.take("dispatcher-1", evicted, 1000 + partition);
    const rehomed = { event: "rehomed", from: "worker-1.abc", cause: "proved", conversations: 2, partition };
    journal.take("dispatcher-1", rehomed, 1100 + partition);
  }
  expect(textsOf(journal)).toEqual([
    "evicted worker-1.abc (proved) from 8 partitions",
    "rehomed 16 conversations of worker-1.abc (proved)",
  ]);
});

test("the same much later is news again", () => {
  const journal = new Journal();
  journal.take("worker-1", { event: "redis-failed" }, 0);
  journal.take("worker-1", { event: "redis-failed" }, 100);
  journal.take("worker-1", { event: "redis-failed" }, 60_000);
  expect(textsOf(journal)).toEqual(["worker-1 cannot reach Redis, 2 times", "worker-1 cannot reach Redis"]);
});

test("most events are no news, and a line is settled once, when nothing is added to it any more", () => {
  const journal = new Journal();
  journal.take("worker-1", { event: "message-shown" }, 0);
  journal.take("worker-1", { event: "leader-gained" }, 0);
  journal.take("worker-1", { event: "leader-gained" }, 100);
  expect(journal.settled(1000)).toEqual([]);
  expect(journal.settled(3000).map(({ text }) => text)).toEqual(["worker-1 took the lead of 2 partitions"]);
  expect(journal.settled(9000)).toEqual([]);
});
