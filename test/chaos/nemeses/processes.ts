import type { AppProcess } from "@dms/testkit";
import { anyForm, between, membersOf, type Nemesis, type Stage, victimOf } from "../nemesis.ts";

/** kill -9 of a member. A supervised one comes back by itself, another is started again after a while. */
async function kill(stage: Stage, victims: readonly AppProcess[]): Promise<void> {
  for (const victim of victims) {
    stage.note(`kill -9 ${victim.name}`);
    victim.kill("SIGKILL");
  }
  await stage.lasts(between(stage, 200, 6000));
  await Promise.all(victims.map((victim) => comeBack(stage, victim)));
}

async function comeBack(stage: Stage, victim: AppProcess): Promise<void> {
  if (victim.isRunning) return;
  await stage.cluster.restart(victim.name);
  stage.note(`${victim.name} is back`);
}

async function freeze(stage: Stage, { victim, ms }: { victim: AppProcess; ms: number }): Promise<void> {
  stage.note(`SIGSTOP ${victim.name} for ${ms} ms`);
  victim.freeze();
  await stage.lasts(ms);
  victim.thaw();
  stage.note(`SIGCONT ${victim.name}`);
}

async function mockAway(stage: Stage, name: string): Promise<void> {
  const mock = stage.cluster.app(name);
  stage.note(`kill -9 ${name}`);
  await mock.destroy();
  await stage.lasts(between(stage, 500, 4000));
  await stage.cluster.restart(name);
  stage.note(`${name} is back`);
}

export const processNemeses: readonly Nemesis[] = [
  { name: "kill-worker", forms: anyForm, weight: 3, strike: (stage) => kill(stage, [victimOf(stage, "worker")]) },
  {
    name: "kill-dispatcher",
    forms: anyForm,
    weight: 2,
    strike: (stage) => kill(stage, [victimOf(stage, "dispatcher")]),
  },
  {
    name: "kill-several",
    forms: anyForm,
    strike: (stage) => kill(stage, [...membersOf(stage, "worker").slice(0, 2), victimOf(stage, "dispatcher")]),
  },
  { name: "kill-all-workers", forms: anyForm, strike: (stage) => kill(stage, membersOf(stage, "worker")) },
  {
    name: "kill-everybody",
    forms: anyForm,
    strike: (stage) => kill(stage, [...membersOf(stage, "worker"), ...membersOf(stage, "dispatcher")]),
  },
  {
    name: "freeze-worker",
    forms: anyForm,
    weight: 2,
    strike: (stage) => freeze(stage, { victim: victimOf(stage, "worker"), ms: between(stage, 3500, 9000) }),
  },
  {
    name: "freeze-worker-briefly",
    forms: anyForm,
    strike: (stage) => freeze(stage, { victim: victimOf(stage, "worker"), ms: between(stage, 500, 2900) }),
  },
  {
    name: "freeze-dispatcher",
    forms: anyForm,
    strike: (stage) => freeze(stage, { victim: victimOf(stage, "dispatcher"), ms: between(stage, 3500, 7000) }),
  },
  {
    name: "block-loop",
    forms: anyForm,
    async strike(stage) {
      const victim = victimOf(stage, "worker");
      stage.note(`the event loop of ${victim.name} blocks`);
      const fact = stage.cluster.deeds.begin({ kind: "outage", target: "worker", name: victim.name });
      victim.kill("SIGUSR2");
      await stage.lasts(6000);
      stage.cluster.deeds.end(fact);
    },
  },
  {
    name: "clock-jump",
    forms: anyForm,
    async strike(stage) {
      const victims = [victimOf(stage, "worker"), victimOf(stage, "dispatcher")];
      for (const victim of victims) {
        stage.note(`the wall clock of ${victim.name} jumps`);
        victim.kill("SIGWINCH");
      }
      await stage.lasts(3000);
    },
  },
  {
    name: "drain-worker",
    forms: anyForm,
    weight: 2,
    async strike(stage) {
      const victim = victimOf(stage, "worker");
      stage.note(`SIGTERM ${victim.name}`);
      const { code } = await victim.stop();
      stage.note(`${victim.name} ended with ${String(code)}`);
      await stage.cluster.restart(victim.name);
      stage.note(`${victim.name} is back`);
    },
  },
  {
    name: "join-and-drain",
    forms: anyForm,
    async strike(stage) {
      const guest = await stage.add("worker");
      stage.note(`${guest.name} joined`);
      await stage.lasts(between(stage, 2000, 6000));
      const { code } = await guest.stop();
      stage.note(`${guest.name} drained and ended with ${String(code)}`);
    },
  },
  {
    name: "kill-chat",
    forms: anyForm,
    strike: (stage) => mockAway(stage, stage.chance.pick(["chat-1", "chat-2"]) ?? "chat-1"),
  },
  {
    name: "kill-hub",
    forms: anyForm,
    async strike(stage) {
      await mockAway(stage, "hub");
      await stage.startTraffic();
    },
  },
  {
    name: "freeze-chat",
    forms: anyForm,
    strike: (stage) => {
      const victim = stage.cluster.app(stage.chance.pick(["chat-1", "chat-2"]) ?? "chat-1");
      // Longer than a post waits for its answer would be the stated limit, not a fault of ours.
      return freeze(stage, { victim, ms: between(stage, 300, 8000) });
    },
  },
  {
    name: "freeze-hub",
    forms: anyForm,
    strike: (stage) => freeze(stage, { victim: stage.cluster.app("hub"), ms: between(stage, 1000, 8000) }),
  },
];
