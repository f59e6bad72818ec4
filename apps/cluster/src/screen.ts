import type { JournalLine, Tone } from "./journal.ts";
import type { MemberStatus } from "./member-status.ts";
import type { Snapshot } from "./meter.ts";
import { cut, duration, latency, type Paint, timeOfDay, whole } from "./paint.ts";
import { comparedLine, verdictLine } from "./verdict-line.ts";

export interface ScreenInput {
  snapshot: Snapshot;
  journal: readonly JournalLine[];
  /** Folder with logs and stores. */
  dir: string;
  /** What the program is doing besides running, as in "ending: waiting for rest". */
  stage: string;
}

export interface ScreenSize {
  width: number;
  height: number;
}

/** The whole screen as lines, at most `height` of them, each at most `width` wide. */
export function renderScreen(input: ScreenInput, { width, height }: ScreenSize, paint: Paint): string[] {
  const { snapshot, journal } = input;
  const top = [
    ...header(input, paint),
    "",
    ...memberLines(snapshot, { width, paint }),
    "",
    ...verdictLines(snapshot, paint),
    "",
    paint.bold("journal"),
  ];
  const bottom = ["", ...keyLines(snapshot, paint)];
  const room = Math.max(0, height - top.length - bottom.length);
  const lines = journal.slice(-room || journal.length).map((line) => journalLine(line, paint));
  const gap = Array.from({ length: Math.max(0, room - lines.length) }, () => "");
  return [...top, ...(room === 0 ? [] : lines), ...gap, ...bottom].slice(0, height).map((line) => cut(line, width));
}

function header({ snapshot, dir, stage }: ScreenInput, paint: Paint): string[] {
  const { rates, latency: times, backlog, deadLetters, upMs } = snapshot;
  const rate = (name: string, value: number): string => `${name} ${paint.bold(value.toFixed(1).padStart(6))}/s`;
  const figures = [
    rate("in", rates.received),
    rate("shown", rates.shown),
    rate("replies", rates.replies),
    `p50 ${paint.bold(latency(times.p50))}`,
    `p99 ${paint.bold(latency(times.p99))}`,
    `backlog ${backlog === null ? "?" : paint.bold(whole(backlog))}`,
    deadLetters === 0 ? "dead letters 0" : paint.red(`dead letters ${whole(deadLetters)}`),
  ];
  const title = `${paint.bold("conversation dispatcher")}  ${duration(upMs)}  ${paint.dim(`logs in ${dir}`)}`;
  return [stage === "" ? title : `${title}  ${paint.yellow(stage)}`, "", figures.join("   ")];
}

const order: Record<MemberStatus["kind"], number> = { worker: 0, dispatcher: 1, hub: 2, chat: 3, redis: 4 };

function memberLines(snapshot: Snapshot, { width, paint }: { width: number; paint: Paint }): string[] {
  const members = snapshot.members.toSorted(
    (one, other) => order[one.kind] - order[other.kind] || one.name.localeCompare(other.name, "en", { numeric: true }),
  );
  const most = Math.max(1, ...members.map(({ figures }) => figures.get("dms_sessions") ?? 0));
  const barWidth = Math.max(10, Math.min(50, width - 62));
  return [
    paint.dim(`${"process".padEnd(14)} ${"pid".padStart(7)}  ${"state".padEnd(9)} ${"up".padStart(7)}  work`),
    ...members.map((member) => {
      const shown = `${member.name.padEnd(14)} ${String(member.pid ?? "").padStart(7)}  ${stateOf(member, paint)}`;
      const up = member.state === "down" || member.kind === "redis" ? "" : duration(member.upMs);
      return `${shown} ${up.padStart(7)}  ${workOf(member, { most, barWidth, partitions: snapshot.partitions, paint })}`;
    }),
  ];
}

function stateOf({ state }: MemberStatus, paint: Paint): string {
  const text = state.padEnd(9);
  if (state === "up") return paint.green(text);
  return state === "starting" || state === "draining" ? paint.yellow(text) : paint.red(text);
}

function workOf(
  { kind, figures }: MemberStatus,
  { most, barWidth, partitions, paint }: { most: number; barWidth: number; partitions: number; paint: Paint },
): string {
  if (figures.size === 0) return "";
  const figure = (name: string): number => figures.get(name) ?? 0;
  if (kind === "worker") {
    const sessions = figure("dms_sessions");
    const bar = "█".repeat(Math.round((sessions / most) * barWidth));
    const pending = figure("dms_pending_entries");
    return `${whole(sessions).padStart(5)} sessions  ${paint.blue(bar)}${pending > 0 ? `  ${whole(pending)} pending` : ""}`;
  }
  if (kind !== "dispatcher") return "";
  const isFetching = figure("dms_channel_fetched") > 0;
  return `leads ${figure("dms_partitions_led")} of ${partitions} partitions${isFetching ? ", fetches from the hub" : ""}`;
}

function verdictLines({ verdict, unread }: Snapshot, paint: Paint): string[] {
  const seal = verdict.isClean ? paint.green("clean") : paint.bold(paint.red("VIOLATED"));
  const stale = unread === "" ? "" : paint.yellow(`  (cannot read ${unread} now)`);
  const { pending } = verdict;
  const underWay = `under way: ${whole(pending.messages)} messages, ${whole(pending.replies)} replies`;
  return [
    `${paint.bold("checkers")}  ${seal}  ${paint.dim(`${comparedLine(verdict)}; ${underWay}`)}${stale}`,
    `  ${verdictLine(verdict, paint)}`,
    ...verdict.findings
      .slice(0, 3)
      .map(({ invariant, conversation, detail }) => paint.red(`  ${invariant} ${conversation}: ${detail}`)),
  ];
}

const tones: Record<Tone, (paint: Paint, text: string) => string> = {
  plain: (_paint, text) => text,
  good: (paint, text) => paint.green(text),
  bad: (paint, text) => paint.yellow(text),
  own: (paint, text) => paint.bold(text),
};

export function journalLine({ at, tone, text }: JournalLine, paint: Paint): string {
  return `  ${paint.dim(timeOfDay(at))}  ${tones[tone](paint, text)}`;
}

function keyLines({ members }: Snapshot, paint: Paint): string[] {
  const keys: [string, string][] = [
    ["w", "kill a worker"],
    ["d", "kill a dispatcher"],
    ["f", "freeze a worker 6 s"],
    ["r", "kill Redis"],
    ["c", "kill a chat server"],
    ["h", "kill the hub"],
    ["+/-", "add, drain a worker"],
    ["q", "drain all and end"],
  ];
  const victim = members.find(({ kind, pid }) => kind === "worker" && pid !== undefined);
  const words = keys.map(([key, meaning]) => `${paint.bold(key)} ${paint.dim(meaning)}`);
  return [
    words.slice(0, 5).join("   "),
    words.slice(5).join("   "),
    paint.dim(`or from another terminal: kill -9 ${victim?.pid ?? "<pid>"}; every kill here is -9`),
  ];
}
