/** Colours of a terminal, or none. */
export interface Paint {
  bold(this: void, text: string): string;
  dim(this: void, text: string): string;
  red(this: void, text: string): string;
  green(this: void, text: string): string;
  yellow(this: void, text: string): string;
  blue(this: void, text: string): string;
}

function wrap(code: number, end: number, isOn: boolean): (text: string) => string {
  return isOn ? (text) => `\u001b[${code}m${text}\u001b[${end}m` : (text) => text;
}

export function makePaint(isColored: boolean): Paint {
  return {
    bold: wrap(1, 22, isColored),
    dim: wrap(2, 22, isColored),
    red: wrap(31, 39, isColored),
    green: wrap(32, 39, isColored),
    yellow: wrap(33, 39, isColored),
    blue: wrap(36, 39, isColored),
  };
}

/** `1:05` or `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const end = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${end}` : end;
}

/** `1,234`. */
export function whole(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `14 ms` or `2.3 s`; a dash for nothing. */
export function latency(ms: number | null): string {
  if (ms === null) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1 partition`, `2 partitions`. */
export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

/** Time of day. */
export function timeOfDay(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

const escape = "\u001b";
const escapes = new RegExp(`(${escape}\\[[0-9;]*m)`, "g");

/** Cuts a painted line to `width` columns; the paint ends with it. */
export function cut(line: string, width: number): string {
  let columns = 0;
  let result = "";
  for (const piece of line.split(escapes)) {
    const isEscape = piece.startsWith(escape);
    const kept = isEscape ? piece : piece.slice(0, Math.max(0, width - columns));
    result += kept;
    if (!isEscape) columns += kept.length;
  }
  return result;
}

/** Columns that a painted line takes. */
function columnsOf(line: string): number {
  return line.replaceAll(escapes, "").length;
}

/** As few lines as hold the pieces in their order, each at most `width` wide unless one piece alone is wider. */
export function fold(pieces: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const longer = lines.length === 0 ? piece : `${lines.at(-1)}${separator}${piece}`;
    if (lines.length === 0 || columnsOf(longer) > width) lines.push(piece);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
