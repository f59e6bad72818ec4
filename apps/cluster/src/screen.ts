import type { JournalLine, Tone } from "./journal.ts";
import type { MemberStatus } from "./member-status.ts";
import type { Snapshot } from "./meter.ts";
import { cut, duration, fold, latency, type Paint, timeOfDay, whole } from "./paint.ts";
import { comparedParts, verdictParts } from "./verdict-line.ts";

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

/** Below so many rows no line is left blank. */
const roomyRows = 30;

/** The whole screen as lines, at most `height` of them, each at most `width` wide. */
export function renderScreen(input: ScreenInput, { width, height }: ScreenSize, paint: Paint): string[] {
  const { snapshot, journal } = input;
  const blank = height < roomyRows ? [] : [""];
  const view = { width, paint };
  const top = [
    titleLine(input, view),
    ...blank,
    ...figureLines(snapshot, view),
    ...blank,
    ...memberLines(snapshot, view),
    ...blank,
    ...verdictLines(snapshot, view),
    ...blank,
    paint.bold("journal"),
  ];
  const bottom = [...blank, ...keyLines(snapshot, view)];
  const room = Math.max(0, height - top.length - bottom.length);
  const lines = journal.slice(-room || journal.length).map((line) => journalLine(line, paint));
  const gap = Array.from({ length: Math.max(0, room - lines.length) }, () => "");
  return [...top, ...(room === 0 ? [] : lines), ...gap, ...bottom].slice(0, height).map((line) => cut(line, width));
}

interface View {
  width: number;
  paint: Paint;
}

/** The folder comes last: it is printed before and after, and what the program is doing is not. */
function titleLine({ snapshot, dir, stage }: ScreenInput, { width, paint }: View): string {
  const title = `conversation dispatcher  ${duration(snapshot.upMs)}  `;
  const doing = stage === "" ? "" : `${stage}  `;
  const room = width - title.length - doing.length - "logs in ".length;
  // Of a long path the end tells the runs apart.
  const place = dir.length <= room ? dir : `…${dir.slice(dir.length - Math.max(0, room - 1))}`;
  return `${paint.bold(title)}${paint.yellow(doing)}${paint.dim(`logs in ${place}`)}`;
}

function figureLines({ rates, latency: times, backlog, deadLetters }: Snapshot, { width, paint }: View): string[] {
  const rate = (name: string, value: number): string => `${name} ${paint.bold(value.toFixed(1).padStart(6))}/s`;
  const figures = [
    `backlog ${backlog === null ? "?" : paint.bold(whole(backlog))}`,
    deadLetters === 0 ? "dead letters 0" : paint.red(`dead letters ${whole(deadLetters)}`),
    rate("in", rates.received),
    rate("shown", rates.shown),
    rate("replies", rates.replies),
    `p50 ${paint.bold(latency(times.p50))}`,
    `p99 ${paint.bold(latency(times.p99))}`,
  ];
  return fold(figures, "   ", width);
}

const order: Record<MemberStatus["kind"], number> = { worker: 0, dispatcher: 1, hub: 2, chat: 3, redis: 4 };

function memberLines(snapshot: Snapshot, { width, paint }: View): string[] {
  const members = snapshot.members.toSorted(
    (one, other) => order[one.kind] - order[other.kind] || one.name.localeCompare(other.name, "en", { numeric: true }),
  );
  const most = Math.max(1, ...members.map(({ figures }) => figures.get("dms_sessions") ?? 0));
  const barWidth = Math.max(8, Math.min(50, width - 72));
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
  return `leads ${figure("dms_partitions_led")} of ${partitions} partitions${isFetching ? ", fetches" : ""}`;
}

function verdictLines({ verdict, unread }: Snapshot, { width, paint }: View): string[] {
  const seal = verdict.isClean ? paint.green("clean") : paint.bold(paint.red("VIOLATED"));
  const { pending } = verdict;
  const rests = [
    `${paint.bold("checkers")}  ${seal}`,
    ...(unread === "" ? [] : [paint.yellow(`(cannot read ${unread} now)`)]),
    ...comparedParts(verdict).map(paint.dim),
    paint.dim(`under way ${whole(pending.messages)} messages, ${whole(pending.replies)} replies`),
  ];
  return [
    ...fold(rests, "   ", width - 2).map((line, index) => (index === 0 ? line : `  ${line}`)),
    ...fold(verdictParts(verdict, paint), paint.dim(" | "), width - 2).map((line) => `  ${line}`),
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

const keys: readonly [string, string][] = [
  ["w", "kill a worker"],
  ["d", "a dispatcher"],
  ["r", "Redis"],
  ["c", "a chat server"],
  ["h", "the hub"],
  ["f", "freeze a worker 6 s"],
  ["+/-", "add, drain a worker"],
  ["q", "drain all and end"],
];

function keyLines({ members }: Snapshot, { width, paint }: View): string[] {
  const victim = members.find(({ kind, pid }) => kind === "worker" && pid !== undefined);
  const words = keys.map(([key, meaning]) => `${paint.bold(key)} ${paint.dim(meaning)}`);
  return [
    ...fold(words, "   ", width),
    paint.dim(`or from another terminal: kill -9 ${victim?.pid ?? "<pid>"}; every kill here is -9`),
  ];
}
