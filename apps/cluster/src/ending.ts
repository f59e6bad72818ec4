import type { Clock } from "@dms/runtime";
import { atRest, judgedLine, type TestCluster, type Verdict, verdict } from "@dms/testkit";
import { comparedLine, verdictLine } from "./verdict-line.ts";
import type { Paint } from "./paint.ts";

export interface Ending {
  verdict: Verdict;
  /** Why the cluster did not come to rest; empty when it did. */
  unrest: string;
  drainMs: number;
}

const restMsMax = 60_000;

/** Stops the customers, waits for rest, drains workers and dispatchers, and judges what the ledgers then say. */
export async function endCluster(
  cluster: TestCluster,
  { clock, onStage }: { clock: Clock; onStage: (stage: string) => void },
): Promise<Ending> {
  onStage("ending: waiting until all is shown and answered");
  await cluster.hub.stopTraffic();
  const unrest = await atRest(cluster, restMsMax).then(
    () => "",
    (caught: unknown) => (caught instanceof Error ? caught.message : String(caught)),
  );
  onStage("ending: draining");
  const startedAt = clock.monotonic();
  const appsOf = (app: string) => [...cluster.apps.values()].filter((each) => each.app === app);
  await Promise.all(appsOf("worker").map((worker) => worker.stop()));
  await Promise.all(appsOf("dispatcher").map((dispatcher) => dispatcher.stop()));
  const drainMs = clock.monotonic() - startedAt;
  return { verdict: verdict(await cluster.ledgers.read(), { isAtRest: unrest === "" }), unrest, drainMs };
}

/** The last words: what was judged, and what was found. */
export function endingLines({ verdict: judged, unrest, drainMs }: Ending, paint: Paint): string[] {
  const isGood = judged.isClean && unrest === "";
  const seal = isGood ? paint.green("clean") : paint.bold(paint.red(judged.isClean ? "NOT AT REST" : "VIOLATED"));
  return [
    `verdict  ${seal}   ${verdictLine(judged, paint)}`,
    `         ${comparedLine(judged)}; drained in ${(drainMs / 1000).toFixed(1)} s`,
    `judged   ${judgedLine(judged)}`,
    ...(unrest === "" ? [] : [unrest]),
    ...judged.findings.map(
      ({ invariant, conversation, detail }) => `  ${`${invariant} ${conversation}`.trim()}: ${detail}`,
    ),
  ];
}
