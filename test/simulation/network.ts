import { type Audience, classify, failed, type Outcome } from "@dms/rules";
import type { Chance } from "./chance.ts";
import type { Link } from "./links.ts";
import type { Noise } from "./plan.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Schedule, Step } from "./schedule.ts";

/** The other side of a call: a hub or a chat server. */
export interface Peer {
  name: string;
  /** `up`; `down`: it refuses; `silent`: it takes requests and answers none. */
  state: "up" | "down" | "silent";
}

export interface OutsideRequest<T> {
  operation: string;
  audience: Audience;
  peer: Peer;
  link: Link;
  timeoutMs: number;
  signal: AbortSignal;
  /** How late after its beginning a request may still be executed; milliseconds. */
  lateMsMax: number;
  /** Whether the way there may carry it twice. */
  mayRepeat: boolean;
  /** What the peer does; null when it answers later through `answer`. */
  execute(answer: (outcome: Outcome<T>) => void): Outcome<T> | null;
}

/** What becomes of one request. */
export type Fate =
  | "well"
  | "lost-before"
  | "lost-after"
  | "late"
  | "repeated"
  | "busy"
  | "broken-before"
  | "broken-after"
  | "unauthorized";

export interface NetworkParts {
  schedule: Schedule;
  noise: () => Noise;
  /** Counts what happened to a request that did not go well, and notes every call. */
  onFate: (fate: Fate, target: string) => void;
  trace: (actor: string, what: string, detail: string) => void;
  /** Told of every call that is sent and that was executed: somebody may wait for it. */
  happen: (process: string, call: string, phase: "sent" | "executed") => void;
  /**
   * Ends the listening to each signal of a call under way. Node keeps a joined signal for as long as somebody listens to it,
   * and with it a whole run that ended in the middle of a call.
   */
  listening: Set<() => void>;
}

/** One call under way. */
class Call<T> {
  readonly promise: Promise<Outcome<T>>;
  isOver = false;
  #resolve!: (outcome: Outcome<T>) => void;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  end(outcome: Outcome<T>): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#resolve(outcome);
  }
}

/** Calls of one process to hub and chat servers: with the time they take, and what may befall them. */
export class Network {
  readonly #parts: NetworkParts;
  readonly #owner: SimulatedProcess;
  readonly #chance: Chance;
  /** Requests on their way, so that a process that dies for certain leaves none behind for long. */
  readonly #onTheWay = new Set<Step>();

  constructor(parts: NetworkParts, owner: SimulatedProcess) {
    this.#parts = parts;
    this.#owner = owner;
    this.#chance = owner.chance.stream("network");
  }

  /** What is on its way arrives soon, or never: a process that is certainly gone sends nothing more. */
  cutShort(ms: number): void {
    const { schedule } = this.#parts;
    for (const step of this.#onTheWay) {
      if (step.isCancelled || step.at <= schedule.now + ms * 1000) continue;
      step.isCancelled = true;
      if (this.#chance.strikes(0.5)) schedule.in(this.#chance.fraction() * ms, step.run);
    }
    this.#onTheWay.clear();
  }

  request<T>(spec: OutsideRequest<T>): Promise<Outcome<T>> {
    const { schedule } = this.#parts;
    const call = new Call<T>();
    const subject = `${spec.peer.name} ${spec.operation}`;
    const mishap = (what: Parameters<typeof classify>[0]): Outcome<never> =>
      failed(classify(what, spec.audience, subject));
    if (spec.signal.aborted) return Promise.resolve(mishap({ kind: "aborted", isSent: false }));
    if (spec.link.isCut || spec.peer.state === "down") {
      this.#owner.in(spec.link.latencyMs(this.#chance), () =>
        call.end(mishap({ kind: "error", errorCode: "ECONNREFUSED", isSent: false })),
      );
      return call.promise;
    }
    const timeout = this.#owner.after(spec.timeoutMs, () => call.end(mishap({ kind: "timeout", isSent: true })));
    const onAbort = (): void => call.end(mishap({ kind: "aborted", isSent: true }));
    const stopListening = (): void => {
      spec.signal.removeEventListener("abort", onAbort);
      this.#parts.listening.delete(stopListening);
    };
    spec.signal.addEventListener("abort", onAbort, { once: true });
    this.#parts.listening.add(stopListening);
    void call.promise.then(() => {
      timeout.isCancelled = true;
      stopListening();
    });
    const fate = this.#fateOf(spec);
    if (fate !== "well") this.#parts.onFate(fate, spec.peer.name.replace(/-\d+$/, ""));
    this.#parts.happen(this.#owner.name, nameOf(spec), "sent");
    this.#travel(spec, { call, fate, mishap, startedAt: schedule.now });
    return call.promise;
  }

  #fateOf(spec: { mayRepeat: boolean; peer: Peer }): Fate {
    const noise = this.#parts.noise();
    const draw = this.#chance.fraction();
    let edge = 0;
    const fates: [Fate, number][] = [
      ["lost-before", noise.lostBefore],
      ["lost-after", noise.lostAfter],
      ["late", noise.late],
      ["busy", noise.busy],
      ["broken-before", noise.broken / 2],
      ["broken-after", noise.broken / 2],
      ["repeated", spec.mayRepeat ? noise.repeated : 0],
      ["unauthorized", spec.peer.name === "hub" ? noise.unauthorized : 0],
    ];
    for (const [fate, share] of fates) {
      edge += share;
      if (draw < edge) return fate;
    }
    return "well";
  }

  #travel<T>(
    spec: OutsideRequest<T>,
    way: {
      call: Call<T>;
      fate: Fate;
      mishap: (what: Parameters<typeof classify>[0]) => Outcome<never>;
      startedAt: number;
    },
  ): void {
    const { schedule } = this.#parts;
    const { call, fate, mishap, startedAt } = way;
    const { link } = spec;
    const latestAt = startedAt + spec.lateMsMax * 1000;
    const there = link.latencyMs(this.#chance);
    const isReset = this.#chance.strikes(0.5);
    const reply = (outcome: Outcome<T>, ms = link.latencyMs(this.#chance)): void => {
      const deliver = (): void => {
        if (call.isOver) return;
        // A reply over a stalled link comes when that goes on, if anybody still waits.
        if (link.isStalled) schedule.at(link.stalledUntil + 1, deliver, { owner: this.#owner });
        else if (link.isCut) call.end(mishap({ kind: "error", errorCode: "ECONNRESET", isSent: true }));
        else call.end(outcome);
      };
      schedule.in(ms, deliver, { owner: this.#owner });
    };
    const lose = (): void => {
      if (isReset) reply(mishap({ kind: "error", errorCode: "ECONNRESET", isSent: true }));
    };
    const execute = (isAnswered: boolean): void => {
      const { peer } = spec;
      if (peer.state === "down") return reply(mishap({ kind: "error", errorCode: "ECONNRESET", isSent: true }));
      if (peer.state === "silent") return;
      const outcome = spec.execute((later) => (isAnswered ? reply(later) : undefined));
      this.#parts.trace(
        this.#owner.name,
        `${peer.name} ${spec.operation}`,
        outcome?.ok === false ? outcome.failure.code : fate,
      );
      this.#parts.happen(this.#owner.name, nameOf(spec), "executed");
      if (fate === "lost-after") return lose();
      if (fate === "broken-after") return reply(mishap({ kind: "status", status: 500 }));
      if (outcome !== null && isAnswered) reply(outcome);
    };
    const arrive = (): void => {
      if (link.isStalled) {
        // What a stalled link holds back for longer than anybody waits is not executed: a stated limit.
        if (link.stalledUntil < latestAt) this.#arriveAt(link.stalledUntil + 1, arrive);
        return;
      }
      if (link.isCut) return reply(mishap({ kind: "error", errorCode: "ECONNRESET", isSent: true }));
      if (fate === "lost-before") return lose();
      if (fate === "busy") return reply(mishap({ kind: "status", status: 503, retryAfterMs: 0 }));
      if (fate === "broken-before") return reply(mishap({ kind: "status", status: 500 }));
      if (fate === "unauthorized") return reply(mishap({ kind: "status", status: 401 }));
      execute(true);
      if (fate !== "repeated") return;
      const again = this.#chance.fraction() * Math.max(0, latestAt - schedule.now);
      this.#arriveAt(schedule.now + again, () => execute(false));
    };
    const late = (spec.timeoutMs + this.#chance.fraction() * (spec.lateMsMax - spec.timeoutMs)) * 1000;
    this.#arriveAt(fate === "late" ? startedAt + late : startedAt + there * 1000, arrive);
  }

  #arriveAt(time: number, run: () => void): void {
    const step = this.#parts.schedule.at(time, () => {
      this.#onTheWay.delete(step);
      run();
    });
    this.#onTheWay.add(step);
  }
}

/** A call as triggers name it: "chat send", "hub confirm". */
function nameOf({ peer, operation }: { peer: Peer; operation: string }): string {
  return `${peer.name.replace(/-\d+$/, "")} ${operation}`;
}
