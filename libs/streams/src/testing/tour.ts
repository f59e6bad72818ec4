import { schemaVersion } from "../founding.ts";
import type { Holding } from "@dms/rules";
import { DmsError } from "@dms/runtime";
import { c1, c2, card, channel, d1, parties, session, w1, w2 } from "./cast.ts";
import type { OpenForm } from "./open-form.ts";

/** Runs a step of the tour; a refusal is what the tour is for, anything else is not expected. */
async function attempt<Answer>(step: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await step();
  } catch (caught) {
    if (caught instanceof DmsError && caught.retryable) return undefined;
    throw caught;
  }
}

/**
 * Calls every transition and every read at least once, so that each command that we ever send is sent. The partition must
 * know the server's run already: no eviction barrier may stand.
 */
export async function tour({ registry, partitions, inbox, admit, give }: OpenForm): Promise<void> {
  await attempt(() => registry.agree({ schema: schemaVersion, partitions: 1 }));
  for (const member of [w1, w2]) await attempt(() => registry.join(card(member, { instance: `pod-${member}` })));
  await attempt(() => registry.beat(w1, { state: "active", sessions: 0, pending: 0 }));
  await attempt(() => registry.order(w1, { kind: "drain" }));
  await attempt(() => registry.leadFetch(channel, d1, null));
  await attempt(() => registry.survey());
  await attempt(() => admit(0, w1));
  for (const [conversation, payload] of [
    [c1, "m1"],
    [c1, "m2"],
    [c2, "n1"],
  ] as const)
    await attempt(() => give(0, conversation, payload));
  const cursors = new Map([[0, "0-0"]]);
  const [entry] = (await attempt(() => inbox.read(w1, cursors, { count: 10, blockMs: 50 }))) ?? [];
  if (entry !== undefined) {
    const holding: Holding = { partition: 0, member: w1, conversation: c1, grant: entry.grant };
    await work({ partitions, inbox } as OpenForm, holding, entry.entryId);
  }
  await attempt(() => admit(0, w2));
  await attempt(() => partitions.withdraw(0, w1));
  const lease = await attempt(() => partitions.lead(0, d1, null));
  if (lease?.status === "held") {
    const leadership = { partition: 0, holder: d1, token: lease.token };
    await attempt(() => partitions.evict(leadership, w1, { waitMs: 0, cause: "lease-ended" }));
    const move = { count: 10, cause: "lease-ended", forget: true, sinceEndMs: 1 };
    await attempt(() => partitions.rehome(leadership, w1, move));
  }
  // Another member reads: the former one's channel is left.
  await attempt(() => inbox.read(w2, cursors, { count: 10, blockMs: 50 }));
  await attempt(() => partitions.inspect(0));
  await attempt(() => registry.leave(w1, "left", "stopped"));
}

async function work({ partitions, inbox }: OpenForm, holding: Holding, entryId: string): Promise<void> {
  const { member, conversation, grant } = holding;
  const handle = session("s1");
  const count = { chatId: "s1", shown: 1 };
  await attempt(() => inbox.readOne(member, 0, entryId));
  await attempt(() => partitions.owned(0, member));
  await attempt(() => partitions.load(0, member, [conversation]));
  await attempt(() => partitions.open(holding, { previousChatId: "", handle, parties, partsShown: 0, appName: "app" }));
  // Again, with a chat server in it.
  await attempt(() => partitions.load(0, member, [conversation]));
  await attempt(() => partitions.advance(holding, { handle, answered: 1, refused: null, pending: "" }));
  await attempt(() =>
    partitions.settle(0, member, [{ conversation, grant, done: 1, session: count, entryIds: [entryId] }]),
  );
  const burial = { seq: 2, entryId: "0-1", session: count, reason: "rejected", attempts: 1, detail: "" };
  await attempt(() => partitions.bury(holding, burial));
  await attempt(() => partitions.close(holding, "s1"));
}
