import type { AppProcess } from "@dms/testkit";

/** A process as the screen shows it. */
export interface MemberStatus {
  name: string;
  kind: "worker" | "dispatcher" | "hub" | "chat" | "redis";
  pid: number | undefined;
  state: "up" | "starting" | "silent" | "frozen" | "draining" | "down";
  upMs: number;
  /** Figures of its own metrics, by name, labels summed; empty when it does not answer. */
  figures: ReadonlyMap<string, number>;
}

/** Asks a process for its metrics, until `signal` aborts. Never rejects: a process that does not answer is silent. */
export async function askMember(app: AppProcess, now: number, signal: AbortSignal): Promise<MemberStatus> {
  const kind = app.app === "hub-mock" ? "hub" : app.app === "chat-mock" ? "chat" : app.app;
  const status: MemberStatus = {
    name: app.name,
    kind: kind === "single" ? "worker" : kind,
    pid: app.pid,
    state: "down",
    upMs: now - app.startedAt,
    figures: new Map(),
  };
  if (app.isStopping && app.isRunning) return { ...status, state: "draining" };
  if (app.pid === undefined) return { ...status, state: app.isRunning ? "starting" : "down" };
  try {
    const response = await fetch(`http://127.0.0.1:${app.port}/metrics`, { signal });
    const figures = figuresIn(await response.text());
    const hasLease = (figures.get("dms_lease_held") ?? 1) > 0;
    return { ...status, figures, state: hasLease ? "up" : "starting" };
  } catch {
    // Dead, frozen or not yet listening: all that is known is that it says nothing.
    return { ...status, state: status.upMs < 3000 ? "starting" : "silent" };
  }
}

/** Values of the Prometheus text format by name, labels summed. */
export function figuresIn(text: string): Map<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-z_]+)(?:\{[^}]*\})? ([0-9.eE+-]+)$/.exec(line) ?? [];
    if (name !== undefined) figures.set(name, (figures.get(name) ?? 0) + Number(value));
  }
  return figures;
}
