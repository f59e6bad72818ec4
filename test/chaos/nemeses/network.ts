import type { TcpProxy } from "@dms/testkit";
import type { MemberLinks } from "../links.ts";
import { anyForm, between, type Nemesis, type Stage } from "../nemesis.ts";

type Harm = "stall" | "deafen" | "cut" | "slow";

const words: Record<Harm, string> = { stall: "stalls", deafen: "loses answers", cut: "is cut", slow: "is slow" };

/** Hurts one link of one member, or all of them, for a while; what was stalled or deaf breaks before it heals. */
async function hurtLinks(
  stage: Stage,
  { choose, harm, ms, part }: { choose: (links: MemberLinks) => TcpProxy[]; harm: Harm; ms: number; part: string },
): Promise<void> {
  const running = stage.links.all.filter(([name]) => {
    const app = stage.cluster.apps.get(name);
    // A dispatcher has nothing to say to a chat server.
    return app?.pid !== undefined && (choose !== toChats || app.app === "worker");
  });
  const [name, links] = stage.chance.pick(running) ?? [];
  if (name === undefined || links === undefined) return;
  const proxies = choose(links);
  stage.note(`the way of ${name} to ${part} ${words[harm]} for ${ms} ms`);
  await stage.cluster.deeds.during({ kind: "outage", target: "network", name }, async () => {
    for (const proxy of proxies) {
      if (harm === "slow") proxy.slow(between(stage, 50, 400));
      else proxy[harm]();
    }
    await stage.lasts(ms);
    // A reply that was lost stays lost: what waited in a broken connection does not arrive later.
    for (const proxy of proxies) if (harm === "deafen") proxy.cut();
    for (const proxy of proxies) proxy.heal();
  });
  stage.note(`the way of ${name} to ${part} is whole again`);
}

const toRedis = ({ redis }: MemberLinks): TcpProxy[] => [redis];
const toHub = ({ hub }: MemberLinks): TcpProxy[] => [hub];
const toChats = ({ chats }: MemberLinks): TcpProxy[] => chats;
const toAll = ({ redis, hub, chats }: MemberLinks): TcpProxy[] => [redis, hub, ...chats];

export const networkNemeses: readonly Nemesis[] = [
  {
    name: "cut-redis",
    forms: ["single"],
    strike: (stage) => hurtLinks(stage, { choose: toRedis, harm: "cut", ms: between(stage, 50, 5000), part: "Redis" }),
  },
  {
    name: "stall-redis",
    forms: ["single"],
    weight: 2,
    strike: (stage) =>
      hurtLinks(stage, { choose: toRedis, harm: "stall", ms: between(stage, 500, 7000), part: "Redis" }),
  },
  {
    name: "deaf-redis",
    forms: ["single"],
    weight: 2,
    strike: (stage) =>
      hurtLinks(stage, { choose: toRedis, harm: "deafen", ms: between(stage, 100, 4000), part: "Redis" }),
  },
  {
    name: "slow-redis",
    forms: ["single"],
    strike: (stage) =>
      hurtLinks(stage, { choose: toRedis, harm: "slow", ms: between(stage, 1000, 5000), part: "Redis" }),
  },
  {
    name: "deaf-chat",
    forms: anyForm,
    weight: 2,
    strike: (stage) =>
      hurtLinks(stage, { choose: toChats, harm: "deafen", ms: between(stage, 100, 4000), part: "the chat servers" }),
  },
  {
    name: "cut-chat",
    forms: anyForm,
    strike: (stage) =>
      hurtLinks(stage, { choose: toChats, harm: "cut", ms: between(stage, 100, 4000), part: "the chat servers" }),
  },
  {
    name: "stall-chat",
    forms: anyForm,
    // Requests that were stalled arrive when it heals: longer than an owner waits would be the stated limit.
    strike: (stage) =>
      hurtLinks(stage, { choose: toChats, harm: "stall", ms: between(stage, 100, 1800), part: "the chat servers" }),
  },
  {
    name: "deaf-hub",
    forms: anyForm,
    strike: (stage) =>
      hurtLinks(stage, { choose: toHub, harm: "deafen", ms: between(stage, 100, 5000), part: "the hub" }),
  },
  {
    name: "partition-member",
    forms: ["single"],
    strike: (stage) =>
      hurtLinks(stage, { choose: toAll, harm: "cut", ms: between(stage, 1000, 7000), part: "everything" }),
  },
];
