import type { Case, CaseResult } from "./case.ts";
import { conversations } from "./conversations/conversations.ts";
import { dispatch } from "./dispatch/dispatch.ts";
import { failOver } from "./fail-over/fail-over.ts";
import { growth } from "./growth/growth.ts";
import { compareWithBaseline, keepBaseline } from "./report/baseline.ts";
import { writeReport } from "./report/report.ts";
import { standing } from "./measuring/standing.ts";
import { readCommandLine, refuse } from "../prove/command.ts";
import { wholeWay } from "./whole-way/whole-way.ts";
import bullmq from "bullmq/package.json" with { type: "json" };

/** Measures, and writes docs/performance.md case by case: an interrupted run loses nothing but the case it was in. */
const usage = `npm run bench                        everything, about 25 minutes
npm run bench -- --only dispatch     one case, or several with commas between; the others stay as they were
npm run bench -- --quick             about 6 minutes; compares ratios with the committed baseline, writes nothing
npm run bench -- --quick --accept    makes what was found the baseline
npm run bench -- --profile DIR       a CPU profile of every process of the dispatch and growth cases
`;
const values = readCommandLine(usage, {
  only: { type: "string" },
  quick: { type: "boolean", default: false },
  accept: { type: "boolean", default: false },
  profile: { type: "string" },
});

const cases: readonly Case[] = [dispatch, wholeWay, failOver, conversations, growth];
const chosen = cases.filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));
if (chosen.length === 0) refuse(usage, `--only takes ${cases.map(({ name }) => name).join(", ")}`);

const results: CaseResult[] = [];
const wrong: string[] = [];
for (const each of chosen) {
  const { name } = each;
  const startedAt = performance.now();
  console.error(`> ${name}`);
  const say = (line: string): void => console.error(`  ${line}`);
  try {
    const result = await each.run({ isQuick: values.quick, profileDir: values.profile, say });
    results.push(result);
    // At once: what comes after may be interrupted.
    if (!values.quick) writeReport([result], standing(bullmq.version));
    if (!values.quick || values.accept) keepBaseline([result]);
  } catch (caught) {
    // A wrong run is no result, and must not cost the results of the others.
    wrong.push(name);
    console.error(caught);
  }
  console.error(`  ${name} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}
for (const { targets } of results) {
  for (const { what, wanted, got, isMet } of targets)
    console.log(`${isMet ? "met " : "MISS"} ${what}: ${got}, wanted ${wanted}`);
}
if (values.quick && !values.accept) for (const line of compareWithBaseline(results)) console.log(line);
if (wrong.length > 0) console.log(`WRONG, and so without a result: ${wrong.join(", ")}`);
process.exit(wrong.length > 0 && !values.quick ? 1 : 0);
