import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { RedisFormName } from "./nemesis.ts";
import { nemeses } from "./nemeses/index.ts";
import { commandOf, markdownOf } from "./report.ts";
import { type ChaosOptions, runChaos } from "./run.ts";

const usage = `npm run chaos -- [options]: a cluster of real processes under a seeded nemesis, judged by the ledgers

  --minutes M       how long nemeses strike (1)
  --seed S          chooses them (the clock by default)
  --redis FORM      single, sentinel or cluster (single)
  --nemesis a,b     only these: ${nemeses.map(({ name }) => name).join(", ")}
  --workers N (4)  --dispatchers N (2)  --rate N messages a second (25)  --conversations N at a time (30)
  --out DIR         where the JSON, the summary and the logs go (.run/chaos-<seed>)

Exit code 0 when clean, 1 when a checker found something or the cluster did not come to rest.`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    redis: { type: "string", default: "single" },
    nemesis: { type: "string", default: "" },
    workers: { type: "string", default: "4" },
    dispatchers: { type: "string", default: "2" },
    rate: { type: "string", default: "25" },
    conversations: { type: "string", default: "30" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(usage);
else {
  // Left to end by itself, Node may wait for ever for requests of closed handles, at a whole core.
  process.exit(await main());
}

async function main(): Promise<number> {
  const seed = Number(values.seed);
  const out = values.out ?? fileURLToPath(new URL(`../../.run/chaos-${seed}`, import.meta.url));
  // What a former run of this seed left would be judged with this one.
  rmSync(join(out, "cluster"), { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const options: ChaosOptions = {
    seed,
    strikeMs: Number(values.minutes) * 60_000,
    form: values.redis as RedisFormName,
    nemeses: values.nemesis === "" ? [] : values.nemesis.split(","),
    workers: Number(values.workers),
    dispatchers: Number(values.dispatchers),
    rate: Number(values.rate),
    conversations: Number(values.conversations),
    print: (line) => console.log(line),
    dir: join(out, "cluster"),
  };
  const result = await runChaos(options);
  writeFileSync(join(out, "result.json"), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(out, "summary.md"), markdownOf(result));
  const isClean = result.verdict.isClean && result.unrest === "";
  for (const { invariant, conversation, detail } of result.verdict.findings)
    console.log(`${invariant} ${conversation}: ${detail}`);
  console.log(`${isClean ? "clean" : "VIOLATED"}; ${join(out, "summary.md")}`);
  if (!isClean) console.log(`again: ${commandOf(result)}`);
  return isClean ? 0 : 1;
}
