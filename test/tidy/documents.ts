import type { Source } from "./repository.ts";
import { isShipped } from "./repository.ts";
import { nameOf, nodesOf } from "./syntax.ts";

export const errorsDocument = "docs/errors.md";
const decisions = "docs/adr/";

/** Names of environment variables begin like error codes. */
const environmentNames = /^DMS_(INSTANCE|REDIS_URL|HUB_OPENAPI)$/;

/** Codes of the source without a row in docs/errors.md, rows without a code, and codes with two rows. */
export function errorCodeFaults(sources: readonly Source[]): string[] {
  const document = sources.find(({ path }) => path === errorsDocument);
  const rows = [...(document?.text ?? "").matchAll(/^\| `(DMS_[A-Z0-9_]+)` \|/gm)].map((match) => match[1] ?? "");
  const used = new Map(sources.filter(({ path }) => isShipped(path)).flatMap(codesIn));
  return [
    ...[...used]
      .filter(([code]) => !rows.includes(code))
      .map(
        ([code, at]) => `${at}: ${code} has no row in ${errorsDocument}: add \`| \`${code}\` | meaning | remedy |\``,
      ),
    ...rows
      .filter((code, index) => !used.has(code) || rows.indexOf(code) !== index)
      .map((code) => `${errorsDocument}: ${code} is nowhere in the source, or stands twice: remove the row`),
  ];
}

function codesIn(source: Source): [code: string, at: string][] {
  return nodesOf(source).flatMap(({ node, parent, line }) => {
    const code = node.type === "Literal" ? nameOf(node) : undefined;
    if (code === undefined || !/^DMS_[A-Z0-9_]+$/.test(code) || environmentNames.test(code)) return [];
    if (parent?.type === "MemberExpression") return [];
    return [[code, `${source.path}:${line}`] as [string, string]];
  });
}

/** Decision records that are not numbered 0001, 0002, ... without gap, or whose title has another number. */
export function decisionFaults(sources: readonly Source[]): string[] {
  const records = sources.filter(({ path }) => path.startsWith(decisions) && !path.endsWith("/README.md"));
  return records
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ path, text }, index) => {
      const expected = String(index + 1).padStart(4, "0");
      const [, number] = /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path) ?? [];
      if (number !== expected) return [`${path}: the next decision is ${decisions}${expected}-<title>.md: rename it`];
      const [, titled] = /^# (?:ADR )?0*(\d+)\b/m.exec(text) ?? [];
      return Number(titled) === index + 1
        ? []
        : [`${path}: the title does not begin with its number: write \`# ${index + 1}. ...\``];
    });
}

/** Relative links of documents that lead to no file or no heading. `exists` is asked for files that no rule reads. */
export function linkFaults(sources: readonly Source[], exists: (path: string) => boolean): string[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  return sources
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      linksIn(text).flatMap((link) => {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? path : decodeURIComponent(new URL(file, `file:///${path}`).pathname.slice(1));
        if (!texts.has(target) && !exists(target))
          return [`${path}: links to ${link}, which is not there: mend the path`];
        const headings = headingsIn(texts.get(target) ?? "");
        if (anchor === undefined || !target.endsWith(".md") || headings.includes(anchor)) return [];
        return [`${path}: links to ${link}, which has no such heading: use one of ${headings.join(", ")}`];
      }),
    );
}

function linksIn(text: string): string[] {
  return [
    ...withoutFences(text)
      .replace(/`[^`\n]*`/g, "")
      .matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g),
  ]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^[a-z]+:/i.test(link));
}

/** Headings as GitHub makes anchors of them. */
function headingsIn(text: string): string[] {
  return [...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "");
}

/** npm commands in documents that package.json does not have. */
export function commandFaults(sources: readonly Source[]): string[] {
  const manifest = sources.find(({ path }) => path === "package.json")?.text ?? "{}";
  const scripts = Object.keys((JSON.parse(manifest) as { scripts?: Record<string, string> }).scripts ?? {});
  return sources
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run (?<named>[a-z][a-z:-]*)|(?<short>start|test)\b)/g)]
        .map((match) => match.groups?.["named"] ?? match.groups?.["short"] ?? "")
        .filter((script) => !scripts.includes(script))
        .map(
          (script) =>
            `${path}: npm ${script} is no script of package.json: add it or name one of ${scripts.join(", ")}`,
        ),
    );
}
