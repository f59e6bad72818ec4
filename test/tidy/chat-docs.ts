import type { InboundMessage, Media } from "@dms/protocol";
import { describeFile, render } from "@dms/rules";
import { isShipped } from "./repository.ts";
import type { Source } from "./repository.ts";

export const chatDocument = "docs/chat.md";

const envelope = { sequence: 1, id: "in-1", conversationId: "c", sentAt: "", from: { id: "a" }, to: { id: "b" } };
const typing = { true: "the customer types", false: "the customer does not type" };

/** How the first table writes what becomes of a message. */
export function seen(message: Partial<InboundMessage>): string {
  const rendering = render({ ...envelope, type: "text", ...message });
  if (rendering.kind === "ended") return "the session ends";
  if (rendering.kind === "typing") return typing[`${rendering.isTyping}`];
  return rendering.posts
    .map((post) => (post.kind === "text" ? `\`${post.text}\`` : `file \`${post.media.id}\``))
    .join("<br>");
}

/** Rows of docs/chat.md that say something else than the code does. */
export function chatFaults(document: string): string[] {
  const posts = rowsOf(document, "posts").flatMap(([message = "", said = ""]) =>
    differs(message, said, seen(JSON.parse(bare(message)) as InboundMessage)),
  );
  const files = rowsOf(document, "files").flatMap(([file = "", why = "", said = ""]) =>
    differs(file, said, `\`${describeFile(JSON.parse(bare(file)) as Media, bare(why))}\``),
  );
  return [...posts, ...files];
}

/** Types of messages in the first table. */
export function typesIn(document: string): Set<unknown> {
  return new Set(rowsOf(document, "posts").map(([message = ""]) => (JSON.parse(bare(message)) as InboundMessage).type));
}

/** Keys of user data that the worker sets and the table lacks, or the other way round. */
export function userDataFaults(document: string, sources: readonly Source[]): string[] {
  const told = rowsOf(document, "user data").map(([key = ""]) => bare(key));
  const shipped = sources.filter(({ path }) => path.startsWith("apps/worker/src/") && isShipped(path));
  const set = new Set(shipped.flatMap(({ text }) => text.match(/\b(_ums|GCTI_)\w+/g) ?? []));
  return [
    ...[...set].filter((key) => !told.includes(key)).map((key) => `${chatDocument}: ${key} has no row: add it`),
    ...told
      .filter((key) => /^(_ums|GCTI_)/.test(key) && !set.has(key))
      .map((key) => `${chatDocument}: no worker sets ${key}: remove its row`),
  ];
}

function differs(sample: string, said: string, isSaid: string): string[] {
  return said === isSaid ? [] : [`${chatDocument}: ${sample} is shown as ${isSaid}, not as ${said}`];
}

/** Cells of the table between two marks, without its head. */
function rowsOf(document: string, mark: string): string[][] {
  const [, table = ""] = document.split(new RegExp(`<!-- ${mark}: (?:begin|end) -->`));
  const rows = table.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(2).map((row) =>
    row
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  );
}

function bare(cell: string): string {
  return cell.replace(/^`|`$/g, "");
}
