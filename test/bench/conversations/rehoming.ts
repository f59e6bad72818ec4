import { type RedisServer, startRedis } from "@dms/testkit";
import { clusterName } from "../dispatch/stand.ts";
import { hireDispatcher, hireHolder, orderFor, partitions, pause, untilShown } from "./weighing.ts";

export interface Rehoming {
  conversations: number;
  /** From kill -9 until the first conversation was moved: the lease. */
  untilFirstMs: number;
  /** From the first conversation moved to the last. */
  movingMs: number;
  /** Messages that the other worker showed meanwhile in conversations of its own; those that move wait for the effect time-out. */
  shownMeanwhile: number;
  /** From kill -9 until nothing was left in any inbox: every conversation has been reconciled, and all that waited is shown. */
  untilRestMs: number;
}

/** Messages a second that go on all the time, half of them in conversations that the other worker has already. */
const trafficPerSecond = 300;
const lively = 1000;
const tickMs = 50;
const movedMsMax = 120_000;

type Look = ReturnType<RedisServer["client"]>;

async function ownedBy(client: Look, name: string): Promise<number> {
  let owned = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const members = await client.hkeys(`dms:{${clusterName}:${partition}}:workers`);
    const member = members.find((each) => each.startsWith(`${name}.`));
    if (member !== undefined) owned += await client.scard(`dms:{${clusterName}:${partition}}:owned:${member}`);
  }
  return owned;
}

/** Kills a worker that holds so many conversations, and looks how long its successor takes to own them, under traffic. */
export async function rehome(conversations: number): Promise<Rehoming> {
  const redis = await startRedis();
  const messagesMax = conversations + (trafficPerSecond * movedMsMax) / 1000;
  const order = { ...orderFor(redis, conversations + lively, messagesMax), lively };
  const first = hireHolder(order);
  const dispatcher = hireDispatcher(order);
  let sent = conversations + lively;
  let traffic: NodeJS.Timeout | undefined;
  try {
    await Promise.all([first.heard("ready"), dispatcher.heard("ready")]);
    dispatcher.say("go", { upTo: conversations });
    await untilShown(first, conversations);
    const second = hireHolder({ ...order, members: 2 });
    try {
      await second.heard("ready");
      // The worker with the fewest sessions gets what is new.
      dispatcher.say("go", { upTo: sent });
      await untilShown(second, lively);
      const shown = async (): Promise<number> => {
        second.say("count");
        return (await second.heard("counts"))["shown"] ?? 0;
      };
      traffic = setInterval(() => {
        sent += (trafficPerSecond * tickMs) / 1000;
        dispatcher.say("go", { upTo: sent });
      }, tickMs);
      const name = `holder-${first.pid}`;
      const look = redis.client();
      const owned = await ownedBy(look, name);
      const killedAt = performance.now();
      await first.kill();
      const moved = await watchMove({ look, name, owned, shown });
      clearInterval(traffic);
      await untilNothingLeft(redis);
      const untilRestMs = performance.now() - killedAt;
      second.say("count");
      const { doubled = 0, disordered = 0 } = await second.heard("counts");
      if (doubled + disordered > 0) throw new Error(`${doubled} messages doubled, ${disordered} out of order`);
      return { conversations: owned, untilFirstMs: moved.firstAt - killedAt, untilRestMs, ...moved };
    } finally {
      await second.end();
    }
  } finally {
    clearInterval(traffic);
    await Promise.all([dispatcher.end(), first.end()]);
    await redis.close();
  }
}

interface Watched {
  look: Look;
  name: string;
  owned: number;
  shown: () => Promise<number>;
}

async function watchMove({ look, name, owned, shown }: Watched) {
  const giveUpAt = performance.now() + movedMsMax;
  let firstAt = 0;
  let shownBefore = 0;
  let lookedAt = performance.now();
  while (performance.now() < giveUpAt) {
    const left = await ownedBy(look, name);
    const now = performance.now();
    if (firstAt === 0 && left < owned) [firstAt, shownBefore] = [lookedAt, await shown()];
    if (left === 0) return { firstAt, movingMs: now - firstAt, shownMeanwhile: (await shown()) - shownBefore };
    lookedAt = now;
    await pause(20);
  }
  throw new Error(`conversations of ${name} were still not moved after ${movedMsMax} ms`);
}

/** Every inbox comes to its end, and nothing was buried on the way. */
async function untilNothingLeft(redis: RedisServer): Promise<void> {
  const client = redis.client();
  const giveUpAt = performance.now() + movedMsMax;
  while (true) {
    const keys = (await client.keys(`dms:{${clusterName}:*}:inbox:*`)).toSorted();
    const lengths = await Promise.all(keys.map((key) => client.xlen(key)));
    const dead = await Promise.all((await client.keys(`dms:{${clusterName}:*}:dead`)).map((key) => client.xlen(key)));
    if (dead.some((count) => count > 0)) throw new Error("a message was buried while conversations were moved");
    if (lengths.every((count) => count === 0)) break;
    if (performance.now() > giveUpAt) throw new Error(`${lengths.join(", ")} entries were never settled`);
    await pause(50);
  }
  client.disconnect();
}
