import { expect, test } from "vitest";
import { now, play, report } from "./scenario.ts";

test("a worker under its supervisor dies: each death is proved, others take over, it comes back", async () => {
  const recoveries: number[] = [];
  await play({
    cluster: { workers: 3, dispatchers: 2, isSupervised: true },
    traffic: { rate: 40 },
    harm: async ({ cluster, shown, flow }) => {
      for (let i = 0; i < 3; i++) {
        const victim = shown.busiest();
        const at = now();
        cluster.app(victim).kill("SIGKILL");
        await flow(150);
        recoveries.push(...shown.recoveriesMs(victim, at));
      }
      const causes = shown.events.filter(({ event }) => event === "member-evicted").map((event) => event["cause"]);
      expect(new Set(causes)).toEqual(new Set(["proved"]));
      expect(shown.count("supervisor.child-died")).toBe(3);
      expect(recoveries.length).toBeGreaterThan(0);
    },
  });
  report("kill -9 of a supervised worker to the first message at a new owner", recoveries);
});
