import { failed, type FileContent, type Outcome, succeeded } from "@dms/rules";
import { expect, test } from "vitest";
import { handClock } from "../../../libs/runtime/src/testing/hand-clock.ts";
import { passFile } from "./file-passage.ts";
import { FileRoom } from "./file-room.ts";

const mib = 1_048_576;
const oversize = failed({ verdict: "reject", executed: "no", code: "oversize", detail: "" });
const fileOf = (size: number): FileContent => ({ name: "f", mime: "a/b", bytes: new Uint8Array(size) });

/** A source that gives a file of this size, and what was asked of it. */
function source(size: number) {
  const asked: (number | undefined)[] = [];
  const take = async (bytesMax: number | undefined): Promise<Outcome<FileContent>> => {
    asked.push(bytesMax);
    return size > (bytesMax ?? Number.POSITIVE_INFINITY) ? oversize : succeeded(fileOf(1));
  };
  return { asked, take };
}

const roomOf = (bytesMax: number) => new FileRoom(handClock(), { bytesMax });
const wake = (): void => undefined;

test("room is held from before the file is taken until it is given, and no longer", async () => {
  const room = roomOf(100);
  const held: number[] = [];
  const { take } = source(30);
  const passed = await passFile(
    room,
    { id: "a", bytes: 30, wake },
    {
      take: async (bytesMax) => {
        held.push(room.held);
        return take(bytesMax);
      },
      give: async () => {
        held.push(room.held);
        return succeeded("there");
      },
    },
  );
  expect([passed, held, room.held]).toEqual([{ at: "target", outcome: succeeded("there") }, [30, 30], 0]);
  const broken = passFile(room, { id: "a", wake }, { take, give: () => Promise.reject(new Error("dropped")) });
  await expect(broken).rejects.toThrow("dropped");
  expect(room.held).toBe(0);
});

test("a file that is larger than was said is given up, and taken again with all the room", async () => {
  const room = roomOf(100);
  const { asked, take } = source(31);
  const other = room.enter("other", 60, wake);
  const pass = () => passFile(room, { id: "a", bytes: 30, wake }, { take, give: async () => succeeded("there") });
  expect([await pass(), await pass(), asked]).toEqual([{ at: "full" }, { at: "full" }, [30]]);
  other?.leave();
  expect([await pass(), asked]).toEqual([{ at: "target", outcome: succeeded("there") }, [30, undefined]]);
});

test.each([undefined, 0, -1, Number.NaN])("a file of %j bytes is one of which nobody knows the size", async (bytes) => {
  const { asked, take } = source(1);
  await passFile(roomOf(100 * mib), { id: "a", bytes, wake }, { take, give: async () => succeeded("there") });
  expect(asked).toEqual([8 * mib]);
});

test("a file that is too large for its source is refused with all the room, and asked for more only step by step", async () => {
  const { asked, take } = source(Number.POSITIVE_INFINITY);
  const refuse = async (bytesMax: number | undefined) => {
    await take(bytesMax);
    return oversize;
  };
  const passed = await passFile(
    roomOf(100 * mib),
    { id: "a", wake },
    { take: refuse, give: async () => succeeded("there") },
  );
  expect([passed, asked]).toMatchObject([
    { at: "source", failure: { code: "oversize" } },
    [8 * mib, 32 * mib, undefined],
  ]);
});
