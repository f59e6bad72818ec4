import { test } from "vitest";
import { harmLasts, play, quickAgents } from "./scenario.ts";

const cluster = { workers: 2, dispatchers: 1 };

test("the hub goes away and comes back: fetching and replies wait and go on", async () => {
  await play({
    cluster,
    harm: async ({ cluster, flow }) => {
      cluster.app("hub").kill("SIGKILL");
      await harmLasts(5000);
      await cluster.restart("hub");
      await cluster.hub.startTraffic({ channel: "whatsapp", rate: 25, conversations: 20, seed: 12 });
      await flow(80);
    },
  });
});

test("one of two chat servers goes away: the other one restores its sessions", async () => {
  await play({
    cluster,
    harm: async ({ cluster, flow }) => {
      cluster.app("chat-1").kill("SIGKILL");
      await flow(100);
      await cluster.restart("chat-1");
      await flow(40);
    },
  });
});

test("all chat servers go away and come back: conversations wait and go on", async () => {
  await play({
    cluster,
    harm: async ({ cluster, flow }) => {
      cluster.app("chat-1").kill("SIGKILL");
      cluster.app("chat-2").kill("SIGKILL");
      await harmLasts(4000);
      await Promise.all([cluster.restart("chat-1"), cluster.restart("chat-2")]);
      await flow(100);
    },
  });
});

/** Three times as long as a call may take; less than a post waits for its answer. */
const frozenMs = 6000;

test("a chat server stands still for longer than a call may take, and then executes what it was given: nothing is shown twice", async () => {
  await play({
    cluster,
    harm: async ({ cluster, flow }) => {
      cluster.app("chat-1").freeze();
      await harmLasts(frozenMs);
      cluster.app("chat-1").thaw();
      await flow(80);
    },
  });
});

test("replies are lost on every kind of call, and some calls are executed late", async () => {
  await play({
    cluster,
    traffic: { rate: 15 },
    restMsMax: 150_000,
    harm: async ({ cluster, shown, flow }) => {
      await cluster.hub.setFaults([{ operation: "*", kind: "lose-reply", probability: 0.1 }]);
      for (const chat of cluster.chats) {
        await chat.setFaults([
          { operation: "*", kind: "lose-reply", probability: 0.08 },
          { operation: "send", kind: "late", probability: 0.04, lateMs: 1500 },
          { operation: "*", kind: "status", probability: 0.03, statusCode: 1 },
          { operation: "*", kind: "http-status", probability: 0.03, httpStatus: 503, retryAfterS: 1 },
        ]);
      }
      await flow(150);
      await shown.event("post-failed");
      await shown.event("duplicate-suppressed");
      await cluster.hub.setFaults([]);
      for (const chat of cluster.chats) await chat.setFaults([]);
    },
  });
});

test("the hub answers 429 and 503 with Retry-After, and is slow", async () => {
  await play({
    cluster,
    harm: async ({ cluster, flow }) => {
      await cluster.hub.setFaults([
        { operation: "*", kind: "status", probability: 0.2, status: 429, retryAfterS: 1 },
        { operation: "*", kind: "status", probability: 0.2, status: 503, retryAfterS: 1 },
        { operation: "*", kind: "latency", probability: 0.5, latencyMs: 300 },
      ]);
      await flow(120);
      await cluster.hub.setFaults([]);
    },
  });
});

test("tokens expire in mid-flight and are revoked", async () => {
  await play({
    cluster: { ...cluster, config: { ...quickAgents, "hub-mock": { "token-seconds": 2 } } },
    harm: async ({ cluster, flow }) => {
      for (let i = 0; i < 5; i++) {
        await flow(30);
        await cluster.hub.revokeTokens();
      }
    },
  });
});
