import type { RespReply } from "./resp-client.ts";
import { RespError } from "./resp-client.ts";
import type { HeldScript } from "./script-texts.ts";

/** Transitions that answer one status for each thing they were asked about. */
const listing = new Set(["settle", "forward", "load"]);

/** What runs have reached: statuses of transitions, faults, events. */
export class Coverage {
  readonly counts = new Map<string, number>();

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  transition(script: HeldScript, reply: RespReply): void {
    if (reply instanceof RespError) return this.count(`error ${script.name} ${reply.message.split(" ")[0]}`);
    const [status, ...rest] = reply as [string, ...RespReply[]];
    this.count(`status ${script.name} ${status}`);
    if (!listing.has(script.name)) return;
    for (const item of rest) this.count(`status ${script.name} ${String(Array.isArray(item) ? item[0] : item)}`);
  }

  add(other: Coverage): void {
    for (const [what, times] of other.counts) this.count(what, times);
  }
}
