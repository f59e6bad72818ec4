/** Where an option stands: section, option, place in a list. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a configuration, in words that need no look into the code. Holds no secret. */
export interface Fault {
  readonly file: string;
  /** For example `cluster.lease-ms` or `chat.servers[0]`; empty when the file as a whole is at fault. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  /** From 1; absent when the option is not written in the file. */
  readonly line?: number;
}

/** One fault a line: `config.yaml:12 cluster.lease-ms: found 100, allowed: a whole number from 300 to 60000`. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults.map(formatFault).join("\n");
}

/** A path as faults and documents write it. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${part}`))
    .join("");
}

function formatFault(fault: Fault): string {
  const place = fault.line === undefined ? fault.file : `${fault.file}:${fault.line}`;
  const subject = fault.path === "" ? place : `${place} ${fault.path}`;
  return inOneLine(`${subject}: found ${fault.found}, allowed: ${fault.allowed}`);
}

/** A name in the file may hold a line break: a fault stays one line. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
