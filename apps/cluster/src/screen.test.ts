import { emptyHistory, verdict } from "@dms/testkit";
import { expect, test } from "vitest";
import type { MemberStatus } from "./member-status.ts";
import type { Snapshot } from "./meter.ts";
import { cut, duration, makePaint } from "./paint.ts";
import { renderScreen } from "./screen.ts";

const paint = makePaint(false);

function member(name: string, kind: MemberStatus["kind"], figures: Record<string, number>): MemberStatus {
  return { name, kind, pid: 4711, state: "up", upMs: 65_000, figures: new Map(Object.entries(figures)) };
}

const snapshot: Snapshot = {
  upMs: 65_000,
  rates: { received: 20, shown: 19.6, replies: 12 },
  latency: { p50: 14, p99: 1234 },
  backlog: 3,
  deadLetters: 0,
  verdict: verdict(emptyHistory(), { isAtRest: false }),
  unread: "",
  members: [
    member("dispatcher-1", "dispatcher", { dms_partitions_led: 8, dms_channel_fetched: 1 }),
    member("worker-10", "worker", { dms_sessions: 5 }),
    member("worker-2", "worker", { dms_sessions: 10 }),
  ],
  partitions: 8,
};

test("the screen fits and says what matters", () => {
  const journal = Array.from({ length: 50 }, (_, at) => ({ at, tone: "plain" as const, text: `line ${at}` }));
  const lines = renderScreen({ snapshot, journal, dir: "/run", stage: "" }, { width: 100, height: 30 }, paint);
  expect(lines).toHaveLength(30);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  const text = lines.join("\n");
  for (const words of ["p99 1.2 s", "leads 8 of 8 partitions, fetches", "lost 0", "line 49", "kill -9 4711"]) {
    expect(text).toContain(words);
  }
  expect(text.indexOf("worker-2")).toBeLessThan(text.indexOf("worker-10"));
});

test("a small terminal gets what fits, without a journal", () => {
  expect(renderScreen({ snapshot, journal: [], dir: "/run", stage: "" }, { width: 40, height: 8 }, paint)).toHaveLength(
    8,
  );
});

test("a painted line is cut by what is seen of it", () => {
  const { red } = makePaint(true);
  expect(cut(`${red("abc")}def`, 4)).toBe(`${red("abc")}d`);
  expect(duration(3_723_000)).toBe("1:02:03");
});
