import type { MemberId } from "@dms/protocol";
import type { ClusterEvent, Partitions } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import type { DispatcherOptions } from "./ports.ts";
import { RehomePace } from "./rehome-pace.ts";
import { Rehoming } from "./rehoming.ts";

const member = "w1.dead" as MemberId;
const leadership = { partition: 0, holder: "d1.x" as MemberId, token: "1.n" };

type Reply = Awaited<ReturnType<Partitions["rehome"]>>;

const waiting = (readOn: string, stragglers = 0): Reply => ({
  status: "waiting",
  conversationsLeft: 5,
  entriesLeft: 9,
  stragglers,
  readOn,
});

const moved: Reply = { status: "rehomed", conversations: 1, entries: 0, conversationsLeft: 4, entriesLeft: 9 };

/** Looks at one dead member whose rehomes are answered one after the other as a test says; `msEach` is what one takes. */
function rehoming(msEach = 0) {
  const clock = handClock();
  const saw: ClusterEvent[] = [];
  const replies: (Reply | Error)[] = [];
  const rehomed: { after: string | undefined; room: number | undefined }[] = [];
  const rehome: Partitions["rehome"] = async (_, __, { after, room }) => {
    rehomed.push({ after, room });
    clock.advance(msEach);
    const reply = replies.shift() ?? waiting("");
    if (reply instanceof Error) throw reply;
    return reply;
  };
  const emit = (event: ClusterEvent): number => saw.push(event);
  const ports = { partitions: { rehome }, clock, emit, leaseMs: 3000, rehomePace: new RehomePace(500) };
  const leader = new Rehoming(ports as unknown as DispatcherOptions);
  const leavers = [{ member, cause: "expired", forget: false }];
  /** One look in which these are the answers; tells after which entries it looked. */
  const look = async (room: number, ...answers: (Reply | Error)[]): Promise<(string | undefined)[]> => {
    const before = rehomed.length;
    replies.push(...answers);
    await leader.look(leadership, leavers, { startedAt: clock.monotonic(), room });
    return rehomed.slice(before).map(({ after }) => after);
  };
  return { clock, saw, rehomed, look };
}

test("stragglers: a look reads on to the end of the inbox, and the next ones leave it alone", async () => {
  const { look, saw } = rehoming();
  expect(await look(0, waiting("5-0", 2), waiting("9-0"), waiting("", 1))).toEqual(["-", "5-0", "9-0"]);
  expect(await look(0, waiting(""))).toEqual([""]);
  expect(await look(0, waiting(""))).toEqual([""]);
  const told = saw.flatMap((event) => (event.type === "rehomed" ? [[event.conversations, event.entries]] : []));
  expect(told).toEqual([
    [0, 2],
    [0, 1],
  ]);
});

test("stragglers: a look that has no more time is gone on with by the next one", async () => {
  const { look } = rehoming(800);
  expect(await look(0, waiting("5-0"))).toEqual(["-"]);
  expect(await look(0, waiting("9-0"))).toEqual(["5-0"]);
  expect(await look(0, waiting(""))).toEqual(["9-0"]);
});

test("stragglers: after conversations moved, or may have, the inbox is read from its beginning", async () => {
  const { look } = rehoming();
  await look(0, waiting(""));
  expect(await look(1, moved, waiting("5-0"), waiting(""))).toEqual(["", "-", "5-0"]);
  const unanswered = new DmsError("DMS_REDIS_UNAVAILABLE", "no answer in time", { retryable: true });
  await expect(look(1, unanswered)).rejects.toThrow("no answer");
  expect(await look(0, waiting(""))).toEqual(["-"]);
});

test("stragglers: half a minute after its end the inbox is read anew, for others may have moved conversations", async () => {
  const { look, clock } = rehoming();
  await look(0, waiting(""));
  clock.advance(29_000);
  expect(await look(0, waiting(""))).toEqual([""]);
  clock.advance(1000);
  expect(await look(0, waiting(""))).toEqual(["-"]);
  expect(await look(0, waiting(""))).toEqual([""]);
});

test("rehoming: what moved leaves less room for what comes after it, and with none left stragglers are sent on", async () => {
  const { look, rehomed } = rehoming();
  await look(2, moved, moved, waiting(""));
  expect(rehomed.map(({ room }) => room)).toEqual([2, 1, 0]);
});

test("rehoming: without the lease nothing more is called in that look", async () => {
  const { look } = rehoming();
  expect(await look(1, { status: "unheld" })).toEqual(["-"]);
});
