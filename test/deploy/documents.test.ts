import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rulesIn, unknownMetrics } from "../tidy/alerts.ts";
import { metricGroups } from "../tidy/metrics.ts";
import { repository } from "../tidy/repository.ts";
import { root } from "./manifests.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** First cells of a document's table rows, of those that look like `pattern`. */
function rows(document: string, pattern: RegExp): string[] {
  return [...document.matchAll(/^\| `([^`]+)`(?:, `([^`]+)`)* \|/gm)]
    .flatMap((match) => match[0].match(/`[^`]+`/g) ?? [])
    .map((cell) => cell.slice(1, -1))
    .filter((cell) => pattern.test(cell));
}

/** Names of metrics in a text, and of figures that rules record: those have two colons. */
function metricsNamed(text: string): string[] {
  return text.match(/\bdms_[a-z0-9][a-z0-9_]*|\bdms:[a-z0-9_]+:[a-z0-9_]+/g) ?? [];
}

function recorded(): string[] {
  return rulesIn(read("deploy/prometheus/rules/figures.yml")).flatMap(({ record }) => record ?? []);
}

test("documents: docs/kubernetes.md has a row for every folder of k8s, and no other", () => {
  const folders = ["components", "overlays"].flatMap((part) =>
    readdirSync(join(root, "k8s", part)).map((name) => `k8s/${part}/${name}`),
  );
  expect(rows(read("docs/kubernetes.md"), /^k8s\//).toSorted()).toEqual(["k8s/base", ...folders].toSorted());
});

test("documents: docs/kubernetes.md has a row for every variable of the proof, and no other", () => {
  const source = read("test/prove/kubernetes.ts").replace(/\/\*[\s\S]*?\*\//g, "");
  const used = new Set(source.match(/\bDMS_[A-Z_]+/g));
  expect(rows(read("docs/kubernetes.md"), /^DMS_/).toSorted()).toEqual([...used].toSorted());
});

test("documents: docs/deploy.md has a row for every argument of the image and every service of the Compose file", () => {
  const document = read("docs/deploy.md");
  const used = new Set([...read("deploy/Dockerfile").matchAll(/^ARG ([A-Z_]+)/gm)].map((match) => match[1] ?? ""));
  expect(rows(document, /^[A-Z_]+$/).toSorted()).toEqual([...used].toSorted());
  const services = [...read("docker-compose.yml").matchAll(/^ {2}([a-z]+):\n {4}(?:<<|image|profiles)/gm)].map(
    (match) => match[1] ?? "",
  );
  expect(rows(document, /^[a-z]+$/).toSorted()).toEqual(services.toSorted());
});

test("documents: every metric that a document names is one that processes have, or that rules record", () => {
  const documents = repository.filter(({ path }) => path.endsWith(".md"));
  const named = documents.flatMap(({ path, text }) => metricsNamed(text).map((name) => ({ path, name })));
  expect(new Set(named.map(({ path }) => path)).size).toBeGreaterThan(8);
  const known = new Set([...metricGroups().flatMap(({ cards }) => cards.map(({ name }) => name)), ...recorded()]);
  expect(named.filter(({ name }) => unknownMetrics(name, known).length > 0)).toEqual([]);
});

test("documents: metrics and recorded figures are found in a text, keys of Redis and passwords are not", () => {
  const text =
    '`dms_a_total{b="c"}`, dms:d_e:max and dms_f_: not `dms:{dms:0}:dead`, user `dms:password`, the prefix `dms_`';
  expect(metricsNamed(text)).toEqual(["dms_a_total", "dms:d_e:max", "dms_f_"]);
});

test("documents: docs/kubernetes.md names the types that the manifests are checked against", () => {
  const { version } = JSON.parse(read("node_modules/kubernetes-types/package.json")) as { version: string };
  expect(read("docs/kubernetes.md")).toContain(`\`kubernetes-types\` ${version}`);
  const reading = read("test/deploy/schema/custom-resources.ts");
  const [, keda, operator] = /KEDA (\S+) and of the\s+\* Prometheus operator (\S+)\./.exec(reading) ?? [];
  expect(read("docs/kubernetes.md")).toContain(`KEDA ${keda} and operator ${operator}.`);
});

test("documents: egress.yaml names every option that holds an address to call", () => {
  const sections = read("docs/config.md").split(/^### /m).slice(1);
  const options = sections.flatMap((text) => {
    const section = /^`([a-z]+)/.exec(text)?.[1] ?? "";
    // The options of a channel are named without its section, for there are many.
    const prefix = section === "channel" ? "" : `${section}.`;
    return [...text.matchAll(/^\| `([^`]+)` \| [^|]*(?:URL that begins|host:port)/gm)].map(([, name]) => prefix + name);
  });
  expect(options).toEqual(expect.arrayContaining(["redis.url", "redis.nodes", "hub.url", "chat.servers"]));
  const named: readonly string[] = read("k8s/overlays/production/egress.yaml").match(/\b[a-z]+\.[a-z-]+\b/g) ?? [];
  expect(options.filter((option) => !named.includes(option))).toEqual([]);
});
