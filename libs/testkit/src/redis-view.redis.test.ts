import { recordFields } from "@dms/streams";
import { expect, onTestFinished, test, vi } from "vitest";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { redisView } from "./redis-view.ts";

const places = { cluster: "dms", partitions: 2 };

async function stand() {
  const server: RedisServer = await startRedis();
  onTestFinished(() => server.close());
  const client = server.client();
  const view = redisView(server.look(), places);
  const journal = (partition: number, id: string, grant: string) =>
    client.xadd(
      `dms:{dms:${partition}}:journal`,
      id,
      ...Object.entries({ event: "moved", cause: "drain", conversation: "sms:c1", from: "a", to: "b", grant }).flat(),
    );
  const enter = (partition: number, member: string, sequence: number) =>
    client.xadd(
      `dms:{dms:${partition}}:inbox:${member}`,
      "*",
      "h",
      "m 1 1.a 1.a sms:c1",
      "p",
      `{"sequence":${sequence}}`,
    );
  return { server, client, view, journal, enter };
}

test("journals are read on, and rows that a lost tail took away stay read while new ones come", async () => {
  const { client, view, journal } = await stand();
  await journal(0, "5-1", "1.a");
  await journal(1, "6-1", "2.a");
  expect((await view.journal()).rows.map(({ fields }) => fields["grant"])).toEqual(["1.a", "2.a"]);
  await journal(0, "7-1", "3.a");
  expect((await view.journal()).rows).toMatchObject([{ partition: 0, at: 7, fields: { grant: "3.a" } }]);
  // A replica took over that lacks the last row, and another history begins there.
  await client.del("dms:{dms:0}:journal");
  await journal(0, "5-1", "1.a");
  await journal(0, "6-9", "4.a");
  expect(await view.journal()).toMatchObject({ isWhole: true, rows: [{ fields: { grant: "4.a" } }] });
});

test("a journal whose cap took rows away that were never read is no longer whole", async () => {
  const { client, view, journal } = await stand();
  await journal(0, "5-1", "1.a");
  await view.journal();
  await journal(0, "6-1", "2.a");
  await journal(0, "9-1", "3.a");
  await client.xtrim("dms:{dms:0}:journal", "MAXLEN", 1);
  expect((await view.journal()).isWhole).toBe(false);
});

test("inboxes hold what their entries name, of unplaced ones too; takeover entries name nothing", async () => {
  const { client, view, enter } = await stand();
  await client.hset("dms:{dms:0}:workers", "w1", "active", "w2", "evicted 5");
  await enter(0, "w1", 1);
  await enter(0, "w2", 2);
  await enter(1, "unplaced", 3);
  await client.xadd("dms:{dms:0}:inbox:w1", "*", "h", "t 0 1.a 1.a sms:c1", "p", "");
  expect(await view.unsettled()).toEqual(new Set(["sms:1", "sms:2", "sms:3"]));
});

test("the state is every key by its kind, and strangers by name", async () => {
  const { client, view, enter } = await stand();
  const future = Date.now() + 60_000;
  await client.zadd("dms:{dms}:members", future, "w1", 5, "w0");
  await client.hset("dms:{dms:1}:conversation:sms:c1", recordFields.owner, "w1");
  await client.sadd("dms:{dms:1}:owned:w1", "sms:c1");
  await enter(1, "w1", 1);
  await client.hset("dms:{dms:1}:workers", "w1", "active");
  await client.zadd("dms:{dms:1}:load", 1, "w1");
  await client.set("dms:{dms:1}:junk", "x");
  await client.set("dms:{dms}:rubbish", "x");
  const state = await view.state();
  expect(state).toMatchObject({
    members: ["w1"],
    remembered: ["w0", "w1"],
    records: [{ partition: 1, conversation: "sms:c1", owner: "w1" }],
    owned: [{ partition: 1, member: "w1", conversations: ["sms:c1"] }],
    inboxes: [{ partition: 1, member: "w1", entries: 1 }],
  });
  expect(state.views).toHaveLength(2);
  expect(state.strangers.toSorted()).toEqual(["dms:{dms:1}:junk", "dms:{dms}:rubbish"]);
});

test("the state is that of one instant, whatever moves between two commands of a look", async () => {
  const { server, client } = await stand();
  await client.hset("dms:{dms:0}:conversation:sms:c1", recordFields.owner, "w1");
  await client.sadd("dms:{dms:0}:owned:w1", "sms:c1");
  const look = server.look();
  const owner = vi.spyOn(look, "hget");
  // The set of w1 is read, or will be, when the record is: either way the look sees two instants.
  owner.mockImplementationOnce(async () => {
    await client.hset("dms:{dms:0}:conversation:sms:c1", recordFields.owner, "w2");
    await client.smove("dms:{dms:0}:owned:w1", "dms:{dms:0}:owned:w2", "sms:c1");
    return "w1";
  });
  expect(await redisView(look, places).state()).toMatchObject({
    records: [{ owner: "w2" }],
    owned: [{ member: "w2", conversations: ["sms:c1"] }],
  });
  expect(owner).toHaveBeenCalledTimes(3);
});
