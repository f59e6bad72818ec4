import { isShipped, isTestCode } from "./repository.ts";
import type { Source } from "./repository.ts";
import { nameOf, nodesOf } from "./syntax.ts";

const core = ["protocol", "rules", "runtime"];
const client = [...core, "http-client"];
const outside = ["streams", "hub-client", "chat-client", "jobs"];

/** Which of our packages each package may import. A package that is not here may not exist. */
export const mayImport: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    protocol: [],
    rules: ["protocol"],
    runtime: ["protocol", "rules"],
    streams: core,
    "http-client": ["rules"],
    "hub-client": client,
    "chat-client": client,
    jobs: core,
    testkit: [...core, "streams"],
    // The mocks know the contract and nothing of the cluster, so that they cannot cheat.
    "hub-mock": ["protocol", "runtime"],
    "chat-mock": ["protocol", "runtime"],
    dispatcher: [...core, ...outside],
    worker: [...core, ...outside],
    single: [...core, ...outside, "dispatcher", "worker"],
    cluster: ["protocol", "runtime", "testkit"],
  }),
);

/** Packages that an app touches in its main.ts alone; everything else receives ports. */
export const onlyInMain: readonly string[] = outside;

/** Where a package from outside may be imported; the rest of the code goes through what these folders export. */
export const homes: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    // The benchmarks compare with what others would build on Redis.
    ioredis: ["libs/streams/", "libs/testkit/", "test/bench/dispatch/contestants/"],
    bullmq: ["libs/jobs/", "test/bench/"],
    undici: ["libs/http-client/"],
    pino: ["libs/runtime/"],
    "prom-client": ["libs/runtime/"],
    re2js: ["libs/runtime/"],
  }),
);

interface Import {
  specifier: string;
  line: number;
}

/** Every import of a shipped file that the tables forbid, each with its mend. */
export function importFaults(sources: readonly Source[]): string[] {
  const manifests = new Map(
    sources
      .filter(({ path }) => /^(apps|libs)\/[^/]+\/package\.json$/.test(path))
      .map(({ path, text }) => [path.split("/")[1] ?? "", dependenciesIn(text)]),
  );
  return sources
    .filter(({ path }) => path.endsWith(".ts"))
    .flatMap((source) =>
      importsOf(source).flatMap((entry) =>
        [homeFault(source, entry), ...(isShipped(source.path) ? shippedFaults(source, entry, manifests) : [])]
          .filter((fault) => fault !== undefined)
          .map((fault) => `${source.path}:${entry.line}: imports ${entry.specifier}: ${fault}`),
      ),
    );
}

/** Static, dynamic, type-only and re-exporting imports alike: a type is knowledge as well. */
export function importsOf(source: Source): Import[] {
  return nodesOf(source).flatMap(({ node, line }) => {
    if (!/^(Import(Declaration|Expression)|TSImportType|Export(Named|All)Declaration)$/.test(node.type)) return [];
    const specifier = nameOf(node["source"]) ?? nameOf(node["argument"]);
    return specifier === undefined ? [] : [{ specifier, line }];
  });
}

function shippedFaults(
  source: Source,
  entry: Import,
  manifests: ReadonlyMap<string, readonly string[]>,
): (string | undefined)[] {
  return [
    layerFault(source.path, entry),
    relativeFault(source.path, entry),
    undeclaredFault(source.path, entry, manifests),
  ];
}

function layerFault(path: string, { specifier }: Import): string | undefined {
  const [, target] = /^@dms\/([^/]+)/.exec(specifier) ?? [];
  const own = path.split("/")[1] ?? "";
  const allowed = mayImport.get(own);
  if (allowed === undefined)
    return `package ${own} is not in the import table: add it to mayImport in test/tidy/imports.ts`;
  if (target === undefined) return undefined;
  if (!allowed.includes(target))
    return `${own} may import ${allowed.join(", ") || "none of our packages"}: declare a port in libs/rules and pass the part in`;
  if (path.startsWith("apps/") && onlyInMain.includes(target) && !path.endsWith("/src/main.ts"))
    return "only an app's main.ts touches this library: take a port of @dms/rules as a parameter instead";
  return undefined;
}

function relativeFault(path: string, { specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
  const [kind, own] = path.split("/");
  if (!target.startsWith(`${kind}/${own}/`)) return "leaves its package: import the package by its name";
  if (isTestCode(target)) return "is test code: what ships must not need it";
  return undefined;
}

function undeclaredFault(path: string, { specifier }: Import, manifests: ReadonlyMap<string, readonly string[]>) {
  if (/^(\.|node:)/.test(specifier)) return undefined;
  const own = path.split("/")[1] ?? "";
  const name = packageOf(specifier);
  if (manifests.get(own)?.includes(name) ?? true) return undefined;
  return `${own} does not declare ${name}: add it to the dependencies in its package.json`;
}

function homeFault({ path }: Source, { specifier }: Import): string | undefined {
  const allowed = homes.get(packageOf(specifier));
  if (allowed === undefined || allowed.some((home) => path.startsWith(home))) return undefined;
  return `only ${allowed.join(" and ")} may know this package: use what they export`;
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function dependenciesIn(manifest: string): string[] {
  return Object.keys((JSON.parse(manifest) as { dependencies?: Record<string, string> }).dependencies ?? {});
}
