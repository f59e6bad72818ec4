import { emptyHistory, verdict } from "@dms/testkit";
import { expect, test } from "vitest";
import type { MemberStatus } from "./member-status.ts";
import type { Snapshot } from "./meter.ts";
import { cut, duration, fold, makePaint } from "./paint.ts";
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

/** The members of a cluster as it starts by default. */
const members: MemberStatus[] = [
  ...[1, 2, 3].map((n) => member(`worker-${n}`, "worker", { dms_sessions: 1234, dms_pending_entries: 12 })),
  member("dispatcher-1", "dispatcher", { dms_partitions_led: 5, dms_channel_fetched: 1 }),
  member("dispatcher-2", "dispatcher", { dms_partitions_led: 3 }),
  member("hub", "hub", {}),
  ...[1, 2].map((n) => member(`chat-${n}`, "chat", {})),
  member("redis", "redis", {}),
];
const dir = "/home/somebody/conversation-dispatcher/.run/2026-01-01T00-00-00-123456";

function busyScreen(width: number, height: number, stage = ""): string[] {
  const judged = verdict(emptyHistory(), { isAtRest: false });
  Object.assign(judged.compared, { messages: 9643, asked: 9543, posts: 9540, replies: 8000, sessions: 80 });
  const journal = Array.from({ length: 50 }, (_, at) => ({ at, tone: "plain" as const, text: `line ${at}` }));
  const busy = { ...snapshot, verdict: judged, members };
  return renderScreen({ snapshot: busy, journal, dir, stage }, { width, height }, paint);
}

const figures = ["backlog 3", "dead letters 0", "p99 1.2 s", "leads 5 of 8 partitions, fetches", "1,234 sessions"];
const pending = ["12 pending", "under way 0 messages, 0 replies"];
const compared = ["9,643 messages asked for 9,543 posts, 9,540 shown", "80 sessions"];
const judged = ["lost 0, doubled 0, out of order 0", "sessions doubled 0, orphaned 0"];
const keys = ["kill a worker", "q drain all and end", "kill -9 4711; every kill here is -9"];
const latest = ["line 47", "line 48", "line 49"];

test.each([
  [80, 24],
  [130, 40],
  [200, 50],
])("a terminal of %i x %i shows every figure, every key and some of the journal", (width, height) => {
  const lines = busyScreen(width, height);
  expect(lines).toHaveLength(height);
  const text = lines.join("\n");
  const wanted = [figures, pending, compared, judged, keys, latest].flat();
  expect(wanted.filter((words) => !text.includes(words))).toEqual([]);
  expect(lines[0]).toMatch(/logs in .*2026-01-01T00-00-00-123456$/);
});

test("what the program is doing stands before the folder", () => {
  const [title] = busyScreen(80, 24, "ending: waiting until all is shown and answered");
  expect(title).toContain("ending: waiting until all is shown and answered");
});

test("below 30 rows no line is left blank", () => {
  expect(busyScreen(80, 24)).not.toContain("");
  expect(busyScreen(200, 30)).toContain("");
});

test("pieces fold where they do not fit, painted or not", () => {
  const { red } = makePaint(true);
  expect(fold(["ab", red("cd"), "ef"], " | ", 7)).toEqual([`ab | ${red("cd")}`, "ef"]);
  expect(fold([], " | ", 7)).toEqual([]);
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
