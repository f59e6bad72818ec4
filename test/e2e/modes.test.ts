import { expect, test } from "vitest";
import { fetcher, now, play, report, takenOverMs } from "./scenario.ts";

test("several channels in one cluster: each conversation stays in its channel", async () => {
  const { history } = await play({
    cluster: { workers: 2, dispatchers: 2, channels: ["whatsapp", "sms", "apple"] },
    harm: async ({ cluster, flow }) => {
      for (const channel of ["sms", "apple"]) {
        await cluster.hub.startTraffic({ channel, rate: 15, conversations: 8, seed: 3 });
      }
      await flow(150);
    },
  });
  const channels = new Set([...history.conversations.keys()].map((id) => String(id).split(":")[0]));
  expect(channels).toEqual(new Set(["whatsapp", "sms", "apple"]));
});

test("single mode: one process does both, drains and leaves what it holds to the next", async () => {
  await play({
    cluster: { workers: 0, dispatchers: 0, singles: 1 },
    harm: async ({ cluster, flow }) => {
      const exit = await cluster.app("single-1").stop();
      expect(exit).toMatchObject({ code: 0 });
      await cluster.addSingle();
      await flow(60);
    },
  });
});

test("warm standby: of two singles both show and one fetches; kill -9 of that one, and the other does everything", async () => {
  const taken: Record<"fetching" | "conversations", number[]> = { fetching: [], conversations: [] };
  await play({
    cluster: { workers: 0, dispatchers: 0, singles: 2 },
    harm: async (stage) => {
      const { cluster, shown, flow } = stage;
      const singles = ["single-1", "single-2"];
      await shown.until("messages at both", () => singles.every((name) => shown.rows.some(({ app }) => app === name)));
      const victim = fetcher(stage);
      const standby = singles.filter((name) => name !== victim);
      const times = (wanted: string) =>
        shown.events.filter(({ event, app }) => event === wanted && standby.includes(app)).length;
      expect(times("fetcher-gained") - times("fetcher-lost")).toBe(0);
      const at = now();
      cluster.app(victim).kill("SIGKILL");
      await flow(150);
      await shown.until("another fetcher", () => takenOverMs(shown, at, victim).length > 0);
      await shown.until("a conversation taken over", () => shown.recoveriesMs(victim, at).length > 0);
      expect(cluster.app(victim).isRunning).toBe(false);
      taken.fetching = takenOverMs(shown, at, victim);
      taken.conversations = shown.recoveriesMs(victim, at);
    },
  });
  report("kill -9 of the single that fetches to the fetcher of the other", taken.fetching);
  report("the same to the first messages of its conversations at the other", taken.conversations);
});
