import type { AcceptReply } from "@dms/rules";
import { expect, test } from "vitest";
import { c1, channel, w1 } from "./testing/cast.ts";
import { usePartition } from "./testing/partition-fixture.ts";

// Traces of the protocol's review that `accept` alone must stand, each run again with its amendment taken out.

const partition = usePartition();

function accept(after: number, sequences: number[], isRestart = false): Promise<AcceptReply> {
  const messages = sequences.map((sequence) => ({ sequence, conversation: c1, payload: `m${sequence}` }));
  const upTo = sequences.at(-1) ?? after;
  return partition.partitions.accept(0, { channel, after, upTo, isRestart, messages });
}

const payloads = async (): Promise<string[]> => (await partition.inbox(w1)).map(({ payload }) => payload);

async function lateFetcher(): Promise<string[]> {
  await partition.admit(w1);
  await accept(0, [1, 2]);
  await accept(0, [1]);
  await accept(1, [2]);
  return payloads();
}

test("D1, A1 (taken only grows): a slow fetcher's late batch does not make a message be taken twice", async () => {
  expect(await lateFetcher()).toEqual(["m1", "m2"]);
  const mutation = { transition: "accept", rule: "whole(math.max(taken, up_to))", otherwise: "whole(up_to)" };
  expect(await partition.mutated([mutation], lateFetcher)).toEqual(["m1", "m2", "m2"]);
});

async function lossBehindConfirmed(): Promise<string[]> {
  await partition.admit(w1);
  await accept(0, [1, 2, 3]);
  // The hub has 5 confirmed, this partition lost 4 and 5, and the next message after the gap is 9.
  for (let attempt = 0; attempt < 3; attempt++) {
    const reply = await accept(5, [9], true);
    if (reply.status === "accepted") break;
  }
  return payloads();
}

test("S4, A1 (a restart is taken over a gap): what the hub will not give again does not block what follows", async () => {
  expect(await lossBehindConfirmed()).toEqual(["m1", "m2", "m3", "m9"]);
  const mutation = { transition: "accept", rule: "if ARGV[4] ~= '1' then", otherwise: "do" };
  expect(await partition.mutated([mutation], lossBehindConfirmed)).toEqual(["m1", "m2", "m3"]);
});

test("S4, A1 (after is what the hub confirmed): the sequence before the first message would be behind for ever", async () => {
  await partition.admit(w1);
  await accept(0, [5]);
  expect(await accept(8, [9])).toEqual({ status: "behind", taken: 5 });
  expect(await accept(8, [9])).toEqual({ status: "behind", taken: 5 });
  expect(await accept(5, [9])).toMatchObject({ status: "accepted", accepted: 1 });
});
