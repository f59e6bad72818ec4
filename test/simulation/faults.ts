import type { MemberId } from "@dms/protocol";
import { openStores } from "@dms/streams";
import { effectMs, type FailOver, type Fault, leaseMs } from "./plan.ts";
import type { StreamRow } from "./ledger.ts";
import { SimulatedProcess, wallStartMs } from "./process.ts";
import { SimulatedConnection } from "./redis-connection.ts";
import type { World } from "./world.ts";

/** How long after a child's exit its supervisor's report leaves; milliseconds. */
const reportMs = 20;
/** Longest that a call of a process stays on the wire that is certainly gone: less than the proved grace. */
const wireMs = 150;

/** Lets one fault happen, or lets it wait for its moment. A fault of a process that does not run comes to nothing. */
export async function strike(world: World, fault: Fault): Promise<void> {
  if (!("when" in fault) || fault.when === undefined) return strikeNow(world, fault);
  const { process = "*", when } = fault;
  world.armed.push({ process, when, callsToCome: when.nth ?? 1, strike: () => void strikeNow(world, fault) });
}

async function strikeNow(world: World, fault: Fault): Promise<void> {
  if (world.isCalm) return;
  writeDown(world, fault);
  world.coverage.count(`fault ${fault.kind}`);
  world.note("fault", fault.kind, fault);
  switch (fault.kind) {
    case "crash":
      return crash(world, fault);
    case "freeze":
      return world.members.get(fault.process)?.process.freeze(fault.ms);
    case "slow": {
      const process = world.members.get(fault.process)?.process;
      if (process) process.slow = { until: world.schedule.now + fault.ms * 1000, lagMax: fault.lagMs * 1000 };
      return;
    }
    case "cut": {
      const link = world.link(fault.process, fault.target);
      link.cut(fault.lateMs);
      world.schedule.in(fault.ms, () => link.heal());
      return;
    }
    case "stall":
      return world.link(fault.process, fault.target).stall(fault.ms);
    case "hub-down":
      return lapse(world, world.hub, fault);
    case "chat-down": {
      const server = world.chat.servers.find(({ name }) => name === fault.server);
      return server && lapse(world, server, fault);
    }
    case "join":
      return world.start(fault.process);
    case "drain":
      return drain(world, fault);
    case "confirms-lost":
      world.hub.losesConfirms = true;
      world.schedule.in(fault.ms, () => {
        world.hub.losesConfirms = false;
      });
      return;
    case "block-customer":
      world.hub.blocked.add(`customer ${fault.conversation}`);
      return;
    case "restore-sessions":
      return world.chat.restoreAt(fault.server);
    case "end-session":
      for (const session of world.chat.sessions) {
        if (session.nickname === `customer ${fault.conversation}`) world.chat.end(session, "agent");
      }
      return;
    default:
      return strikeRedis(world, fault);
  }
}

/** What the checkers must know of a fault; what a drain is, its own function tells. */
function writeDown(world: World, fault: Fault): void {
  const process = "process" in fault ? (fault.process ?? "") : "";
  const target = process.startsWith("worker") ? "worker" : "dispatcher";
  const member = world.members.get(process)?.process.member ?? "";
  const of = { target, name: process, member } as const;
  switch (fault.kind) {
    case "crash":
      world.deed({ ...of, kind: "death", isProved: fault.isProved }, fault.downMs);
      return;
    case "freeze":
      world.deed({ ...of, kind: "freeze" }, fault.ms);
      return;
    case "join":
      world.deed({ ...of, kind: "join" }, 0);
      return;
    case "redis-fail-over":
      world.deed({ kind: "lost-tail", target: "redis", name: "redis" }, fault.lagMs + fault.ms + fault.lingerMs);
      return;
    case "redis-clock":
      // Leases that it ended or lengthened are over by then.
      world.deed({ kind: "outage", target: "network", name: fault.kind }, leaseMs + effectMs);
      return;
    default:
      if ("ms" in fault) world.deed({ kind: "outage", target: "network", name: fault.kind }, fault.ms);
  }
}

async function strikeRedis(world: World, fault: Fault): Promise<void> {
  const { redis, schedule } = world;
  switch (fault.kind) {
    case "redis-restart":
      redis.stop();
      breakConnections(world, () => true);
      schedule.in(fault.ms, () => redis.restart());
      return;
    case "redis-fail-over":
      redis.primary.isReplicaLinked = false;
      schedule.in(fault.lagMs, () => failOver(world, fault));
      return;
    case "redis-clock":
      redis.primary.clockOffsetMs += fault.stepMs;
      return;
    case "lose-entry":
      return loseEntry(world);
    case "replica-stall":
      redis.primary.isReplicaLinked = false;
      schedule.in(fault.ms, () => {
        redis.primary.isReplicaLinked = true;
      });
      return;
    case "script-flush":
      redis.primary.loaded.clear();
      return;
    case "redis-full":
      await redis.setFull(true);
      schedule.in(fault.ms, () => redis.setFull(false));
      return;
    default:
  }
}

function crash(world: World, fault: Fault & { kind: "crash" }): void {
  const member = world.members.get(fault.process);
  if (member === undefined || !member.isRunning) return;
  const dead = member.process.member;
  member.kill();
  if (fault.isProved && dead !== null) {
    member.network.cutShort(wireMs);
    report(world, fault.process, dead as MemberId);
  }
  world.schedule.in(fault.downMs, () => world.start(fault.process));
}

/** What a supervisor does that saw its child exit; it shares the child's way to Redis. */
function report(world: World, name: string, member: MemberId): void {
  const chance = world.chance.stream(`supervisor of ${member}`);
  const supervisor = new SimulatedProcess(world.schedule, { name, role: "supervisor" }, chance);
  const { schedule, redis, noise, happen, config } = world;
  const link = world.link(name, "redis");
  const tell = async (): Promise<void> => {
    const stores = await openStores({
      config,
      clock: supervisor.clock,
      random: chance,
      onNotice: () => undefined,
      connect: (options, purpose) =>
        new SimulatedConnection({ schedule, redis, noise, happen, link, owner: supervisor }, options, purpose).client,
    });
    await stores.registry.leave(member, "dead", "exit-seen").catch(() => undefined);
    stores.close();
  };
  supervisor.in(reportMs, () => void tell());
}

function drain(world: World, fault: Fault & { kind: "drain" }): void {
  const member = world.members.get(fault.process);
  if (member === undefined || !member.isRunning) return;
  const { name, member: stopping } = member.process;
  const target = name.startsWith("worker") ? "worker" : "dispatcher";
  const at = wallStartMs + world.schedule.now / 1000;
  member.drain(() => {
    const endedAt = wallStartMs + world.schedule.now / 1000;
    const { deeds } = world.ledger.history;
    // What else is done to a stopping worker may well disturb its stop.
    const isDisturbed = deeds.some((deed) => deed.kind !== "join" && (deed.endedAt ?? endedAt) >= at);
    if (!isDisturbed) deeds.push({ kind: "stop", target, name, member: stopping ?? "", at, endedAt, exitCode: 0 });
    world.note("operator", "gone", fault.process);
    world.schedule.in(fault.backAfterMs, () => world.start(fault.process));
  });
}

function lapse(
  world: World,
  peer: { state: "up" | "down" | "silent" },
  fault: { isSilent: boolean; ms: number },
): void {
  peer.state = fault.isSilent ? "silent" : "down";
  world.schedule.in(fault.ms, () => {
    peer.state = "up";
  });
}

/** Somebody deletes an entry by hand: the one thing that leaves a hole. (A18) */
async function loseEntry(world: World): Promise<void> {
  if (!world.redis.primary.isUp) return;
  const keys = (await world.redis.look("KEYS", "dms:*:inbox:*")) as string[];
  for (const key of keys.toSorted()) {
    const [row] = (await world.redis.look("XRANGE", key, "-", "+", "COUNT", 1)) as StreamRow[];
    if (row === undefined) continue;
    const [id, [, header = "", , payload = ""]] = row;
    if (!header.startsWith("m")) continue;
    await world.redis.deleteRow(key, id);
    world.ledger.destroyed(header, payload);
    world.note("operator", "deletes an entry", header);
    world.coverage.count("entries deleted");
    return;
  }
}

/** The replica takes over; some processes may go on talking to the former primary for a while. */
async function failOver(world: World, fault: FailOver): Promise<void> {
  const { redis, schedule } = world;
  const former = redis.primary;
  if (!former.isUp || world.isCalm) return;
  const lingering = new Set(fault.lingering);
  if (lingering.size === 0) former.isUp = false;
  breakConnections(world, (name) => !lingering.has(name));
  // While nobody is primary, nobody finds one.
  // What is about to be lost did happen.
  await world.readRedis();
  const lost = await redis.failOver(fault);
  world.note("fault", "lost writes", String(lost));
  world.coverage.count("writes lost", lost);
  redis.primary.isUp = false;
  const server = redis.primary;
  schedule.in(fault.ms, () => {
    server.isUp = true;
  });
  schedule.in(fault.ms + fault.lingerMs, () => {
    former.isUp = false;
    breakConnections(world, (name) => lingering.has(name));
  });
}

function breakConnections(world: World, isMeant: (process: string) => boolean): void {
  for (const member of world.members.values()) {
    if (!isMeant(member.process.name)) continue;
    for (const connection of member.connections()) connection.break();
  }
}

/** Everything works again, and everybody who should run does. */
export async function heal(world: World): Promise<void> {
  world.isCalm = true;
  for (const link of world.links()) {
    link.heal();
    link.slowestMs = 2;
  }
  world.hub.losesConfirms = false;
  for (const peer of [world.hub, ...world.chat.servers]) peer.state = "up";
  if (!world.redis.primary.isUp) world.redis.restart();
  world.redis.primary.isReplicaLinked = true;
  await world.redis.setFull(false);
  for (const { process } of world.members.values()) process.thaw();
  world.chat.agents.isEnabled = false;
  for (const name of [...world.plan.workers, ...world.plan.dispatchers]) world.start(name);
  world.note("operator", "healed", "");
}
