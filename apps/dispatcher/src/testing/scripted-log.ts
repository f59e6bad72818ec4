import type { InboundMessage } from "@dms/protocol";
import { type FetchedMessage, failed, type Hub, type Outcome, succeeded } from "@dms/rules";

/** One call to the hub that waits for the test. */
export interface HubCall {
  operation: "fetch" | "confirm";
  /** `after` of a fetch (null without cursor), `upTo` of a confirmation. */
  at: number | null;
  signal: AbortSignal;
  /** Answers as the log stands now. */
  answer(): void;
  fail(verdict?: "retry" | "reject"): void;
}

const turnsMax = 100_000;

/** A channel's log at the hub, whose calls wait until the test answers them; `isPrompt` answers them by itself. */
export class ScriptedLog {
  readonly messages: FetchedMessage[] = [];
  confirmed = 0;
  isPrompt = true;
  readonly calls: HubCall[] = [];
  readonly history: string[] = [];

  /** Customers write; each `conversation text`. */
  write(...said: string[]): void {
    for (const each of said) {
      const sequence = this.messages.length + 1;
      const [conversationId = "", text = ""] = each.split(" ");
      const parties = { from: { id: "customer" }, to: { id: "business" } };
      const message: InboundMessage = {
        sequence,
        id: `in-${sequence}`,
        conversationId,
        type: "text",
        sentAt: "",
        text,
        ...parties,
      };
      this.messages.push({ sequence, parsed: true, message });
    }
  }

  /** A message that does not parse, though its conversation may be named. */
  writeMalformed(raw: string, conversationId?: string): void {
    const named = conversationId === undefined ? {} : { conversationId };
    this.messages.push({ sequence: this.messages.length + 1, parsed: false, ...named, raw, fault: "no type" });
  }

  /** Answers whatever waits, and all that comes. */
  finish(): void {
    this.isPrompt = true;
    for (const call of this.calls.splice(0)) call.answer();
  }

  /** Waits for the next call of this kind that nobody has answered. */
  async arrived(operation: HubCall["operation"]): Promise<HubCall> {
    for (let turn = 0; turn < turnsMax; turn++) {
      const i = this.calls.findIndex((call) => call.operation === operation);
      const call = this.calls[i];
      if (call !== undefined) {
        this.calls.splice(i, 1);
        return call;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`no ${operation} arrived; so far: ${this.history.join(", ")}`);
  }

  readonly hub: Hub = {
    fetch: ({ after, limit }, signal) =>
      this.#call({ operation: "fetch", at: after, signal }, () =>
        this.messages.filter(({ sequence }) => sequence > (after ?? this.confirmed)).slice(0, limit),
      ),
    confirm: (upTo, signal) =>
      this.#call({ operation: "confirm", at: upTo, signal }, () => {
        this.confirmed = Math.max(this.confirmed, upTo);
        return this.confirmed;
      }),
    send: () => unused(),
    activity: () => unused(),
    upload: () => unused(),
    download: () => unused(),
  };

  #call<T>(call: Pick<HubCall, "operation" | "at" | "signal">, read: () => T): Promise<Outcome<T>> {
    this.history.push(`${call.operation} ${call.at ?? "oldest"}`);
    return new Promise((resolve) => {
      const over = (verdict: "retry" | "reject", code: string): void =>
        resolve(failed({ verdict, executed: "no", code, detail: code }));
      call.signal.addEventListener("abort", () => over("retry", "aborted"), { once: true });
      const answer = (): void => resolve(succeeded(read()));
      const isIdle =
        call.operation === "fetch" && !this.messages.some(({ sequence }) => sequence > (call.at ?? this.confirmed));
      // A fetch that finds nothing is held, as the hub does.
      if (this.isPrompt && !isIdle) answer();
      else this.calls.push({ ...call, answer, fail: (verdict = "retry") => over(verdict, "scripted") });
    });
  }
}

function unused(): never {
  throw new Error("a dispatcher never sends");
}
