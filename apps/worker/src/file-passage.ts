import type { Failure, FileContent, Outcome } from "@dms/rules";
import type { FileRoom } from "./file-room.ts";

/** Room for a file of which nobody has said how large it is; most are smaller. */
const assumedBytes = 8_388_608;

/** A file on its way: whose, how large it is said to be, and what to do when there may be room for it. */
export interface Traveller {
  id: string;
  bytes?: number | undefined;
  wake: () => void;
}

export interface Passage<T> {
  /** Without a bound the side's own counts. */
  take: (bytesMax: number | undefined) => Promise<Outcome<FileContent>>;
  give: (file: FileContent) => Promise<Outcome<T>>;
}

/** What came of it; `full` where there is no room now, and nothing was done. */
export type Passed<T> = { at: "source"; failure: Failure } | { at: "target"; outcome: Outcome<T> } | { at: "full" };

/**
 * Takes a file from one side and gives it to the other, in this process's memory for as long. No more is taken than there is
 * room for, whatever was said of its size: one that is larger is given up and waits for a larger place.
 */
export async function passFile<T>(room: FileRoom, traveller: Traveller, passage: Passage<T>): Promise<Passed<T>> {
  const { id, wake, bytes = 0 } = traveller;
  for (;;) {
    const place = room.enter(id, room.wantedFor(id, bytes > 0 ? bytes : assumedBytes), wake);
    if (place === null) return { at: "full" };
    const isAlone = place.bytes === room.bytesMax;
    try {
      const taken = await passage.take(isAlone ? undefined : place.bytes);
      if (!taken.ok && !isAlone && taken.failure.code === "oversize") {
        room.grow(id, place.bytes);
        continue;
      }
      const passed: Passed<T> = taken.ok
        ? { at: "target", outcome: await passage.give(taken.value) }
        : { at: "source", failure: taken.failure };
      if (!isTriedAgain(passed)) room.forget(id);
      return passed;
    } finally {
      place.leave();
    }
  }
}

function isTriedAgain<T>(passed: Exclude<Passed<T>, { at: "full" }>): boolean {
  if (passed.at === "source") return passed.failure.verdict === "retry";
  return !passed.outcome.ok && passed.outcome.failure.verdict === "retry";
}
