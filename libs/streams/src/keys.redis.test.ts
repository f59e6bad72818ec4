import { unplaced } from "@dms/protocol";
import { expect, test } from "vitest";
import { schemaVersion } from "./founding.ts";
import { card, c1, c3, channel, d1, parties, session, w1 } from "./testing/cast.ts";
import { usePartition } from "./testing/partition-fixture.ts";

const partition = usePartition();

test("keys: the scripts use the names that makeKeys makes, each with the hash tag of its partition or of the registry", async () => {
  await partition.registry.agree({ schema: schemaVersion, partitions: 1 });
  await partition.registry.join(card(w1));
  await partition.registry.leadFetch(channel, d1, null);
  await partition.give(c1, "a");
  await partition.admit(w1);
  const malformed = [{ sequence: 2, conversation: null, payload: "{" }];
  await partition.partitions.accept(0, { channel, after: 1, upTo: 2, isRestart: false, messages: malformed });
  await partition.partitions.accept(0, {
    channel,
    after: 2,
    upTo: 3,
    isRestart: false,
    messages: [{ sequence: 3, conversation: c3, payload: "b" }],
  });
  const first = { previousChatId: "", handle: session("s1"), parties, partsShown: 0, appName: "" };
  await partition.partitions.open(await partition.holding(c3), first);
  const { keys } = partition;
  const names = Object.keys(await partition.dump()).filter((name) => !name.startsWith("held:"));
  expect(names.filter((name) => name.startsWith(keys.partition(0)))).toEqual(
    [
      keys.conversation(0, c1),
      keys.conversation(0, c3),
      `${keys.partition(0)}counts`,
      keys.dead(0),
      `${keys.partition(0)}epoch`,
      keys.inbox(0, unplaced),
      keys.inbox(0, w1),
      keys.journal(0),
      `${keys.partition(0)}leader`,
      `${keys.partition(0)}load`,
      keys.owned(0, unplaced),
      keys.owned(0, w1),
      keys.servers(0),
      `${keys.partition(0)}taken:${channel}`,
      `${keys.partition(0)}workers`,
    ].toSorted(),
  );
  expect(names.filter((name) => name.startsWith(keys.registry))).toEqual(
    ["lease:fetch:whatsapp", `member:${w1}`, "members", "meta"].map((name) => `${keys.registry}${name}`),
  );
});
