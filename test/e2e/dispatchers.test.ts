import { expect, test } from "vitest";
import { fetcher, harmLasts, now, play, report, takenOverMs } from "./scenario.ts";

const cluster = { workers: 2, dispatchers: 2 };

test("kill -9 of the dispatcher that fetches: another one fetches after one lease", async () => {
  let takeOver: number[] = [];
  await play({
    cluster,
    harm: async (stage) => {
      const victim = fetcher(stage);
      const at = now();
      stage.cluster.app(victim).kill("SIGKILL");
      await stage.flow(100);
      await stage.shown.until("another fetcher", () => takenOverMs(stage.shown, at, victim).length > 0);
      takeOver = takenOverMs(stage.shown, at, victim);
    },
  });
  report("kill -9 of the fetcher to the next fetcher", takeOver);
  expect(takeOver.length).toBe(1);
});

test("kill -9 of a leader while a worker is dead too: another leader goes on where it stopped", async () => {
  await play({
    cluster: { workers: 3, dispatchers: 2 },
    harm: async (stage) => {
      stage.cluster.app("worker-1").kill("SIGKILL");
      stage.cluster.app("dispatcher-1").kill("SIGKILL");
      await stage.flow(120);
      await stage.shown.event("member-evicted");
    },
  });
});

test("all dispatchers die and come back: placed conversations are served meanwhile, the hub gives the rest again", async () => {
  await play({
    cluster,
    harm: async ({ cluster, flow }) => {
      cluster.app("dispatcher-1").kill("SIGKILL");
      cluster.app("dispatcher-2").kill("SIGKILL");
      await harmLasts(4000);
      expect(cluster.app("worker-1").events.filter(({ event }) => event === "lease-lost")).toEqual([]);
      await Promise.all([cluster.restart("dispatcher-1"), cluster.restart("dispatcher-2")]);
      await flow(120);
    },
  });
});

test("SIGTERM of the dispatcher that fetches: it exits 0 and the other goes on at once", async () => {
  let takeOver: number[] = [];
  await play({
    cluster,
    harm: async (stage) => {
      const victim = fetcher(stage);
      const at = now();
      expect(await stage.cluster.app(victim).stop()).toMatchObject({ code: 0 });
      await stage.flow(100);
      await stage.shown.until("another fetcher", () => takenOverMs(stage.shown, at, victim).length > 0);
      takeOver = takenOverMs(stage.shown, at, victim);
    },
  });
  report("SIGTERM of the fetcher to the next fetcher", takeOver);
});
