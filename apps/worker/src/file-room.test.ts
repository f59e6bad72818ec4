import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { FileRoom } from "./file-room.ts";

function roomOf(bytesMax: number) {
  const clock = handClock();
  const room = new FileRoom(clock, { bytesMax });
  const woken: string[] = [];
  const enter = (id: string, bytes: number) => room.enter(id, bytes, () => woken.push(id));
  return { clock, room, woken, enter };
}

/** Who is woken is so after whoever woke it. */
const turn = (): Promise<void> => Promise.resolve();

test("no more bytes are in hand than there is room for, and a place is given back once", () => {
  const { room, enter } = roomOf(10);
  const [a, b] = [enter("a", 6), enter("b", 4)];
  expect([a?.bytes, b?.bytes, enter("c", 1), room.held]).toEqual([6, 4, null, 10]);
  a?.leave();
  a?.leave();
  expect(room.held).toBe(4);
});

test("room is given in the order in which it was asked for, so that a large file is not passed by small ones for ever", async () => {
  const { room, woken, enter } = roomOf(10);
  const [a, b] = [enter("a", 5), enter("b", 5)];
  expect([enter("large", 9), enter("small", 1)]).toEqual([null, null]);
  a?.leave();
  await turn();
  expect([woken, enter("small", 1)]).toEqual([[], null]);
  b?.leave();
  await turn();
  expect(woken).toEqual(["large"]);
  expect(enter("large", 9)?.bytes).toBe(9);
  await turn();
  expect(woken).toEqual(["large", "small"]);
  expect([enter("small", 1)?.bytes, room.held]).toEqual([1, 10]);
});

test("a file larger than all the room has it alone", async () => {
  const { room, woken, enter } = roomOf(10);
  const small = enter("small", 1);
  expect(enter("huge", 1000)).toBeNull();
  small?.leave();
  await turn();
  expect(woken).toEqual(["huge"]);
  const huge = enter("huge", 1000);
  expect([huge?.bytes, enter("small", 1), room.held]).toEqual([10, null, 10]);
  huge?.leave();
  expect(enter("small", 1)?.bytes).toBe(1);
});

test("who asked for more while it waited is given that, and quits or falls silent without keeping others out", async () => {
  const { clock, woken, enter, room } = roomOf(10);
  const first = enter("first", 8);
  expect([enter("a", 10), enter("b", 10), enter("c", 3)]).toEqual([null, null, null]);
  first?.leave();
  await turn();
  room.quit("a");
  await turn();
  expect(woken).toEqual(["a", "b"]);
  const b = enter("b", 2);
  expect([b?.bytes, enter("silent", 2), enter("c", 3)]).toEqual([10, null, null]);
  b?.leave();
  clock.advance(5000);
  expect([enter("late", 9)?.bytes, room.held]).toEqual([9, 9]);
});

test("a thousand that are woken one by the other do so one after the other, not one within the other", async () => {
  const room = new FileRoom(handClock(), { bytesMax: 1000 });
  const whole = room.enter("whole", 1000, () => undefined);
  let [depth, deepest, entered] = [0, 0, 0];
  for (let n = 0; n < 1000; n++) {
    const enter = (): void => {
      deepest = Math.max(deepest, ++depth);
      if (room.enter(`${n}`, 1, enter) !== null) entered++;
      depth--;
    };
    enter();
  }
  whole?.leave();
  for (let n = 0; n < 2000; n++) await turn();
  expect([entered, deepest]).toEqual([1000, 1]);
});

test("a file that has proved larger asks for more the next time, until it is where it goes", () => {
  const { room } = roomOf(100);
  room.grow("a", 8);
  expect([room.wantedFor("a", 8), room.wantedFor("b", 8)]).toEqual([32, 8]);
  room.grow("a", 32);
  expect(room.wantedFor("a", 8)).toBe(100);
  room.forget("a");
  expect(room.wantedFor("a", 8)).toBe(8);
});
