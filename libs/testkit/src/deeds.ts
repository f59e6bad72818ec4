import type { LogEvent } from "./app-log.ts";
import type { AppName, AppProcess } from "./app-process.ts";
import type { DeedFact } from "./history.ts";
import type { RedisServer } from "./redis-server.ts";

const targets: Record<AppName, DeedFact["target"]> = {
  worker: "worker",
  dispatcher: "dispatcher",
  single: "single",
  "hub-mock": "hub",
  "chat-mock": "chat",
};

type Told = Pick<DeedFact, "kind" | "target" | "name"> & Partial<DeedFact>;

/** Writes down what is done to a cluster's processes and its Redis, by whomever, so that checkers know what they saw. */
export class DeedLog {
  readonly facts: DeedFact[] = [];
  readonly #members = new Map<string, string>();
  /** Stops when the cluster itself is ended: that is nobody's deed. */
  isOver = false;

  /** Notes what began now, or is over at once; `end` it with what this answers. */
  begin(told: Told): DeedFact {
    const fact: DeedFact = { member: "", at: Date.now(), endedAt: null, ...told };
    if (!this.isOver) this.facts.push(fact);
    return fact;
  }

  end(fact: DeedFact, more: Partial<DeedFact> = {}): void {
    Object.assign(fact, { endedAt: Date.now() }, more);
  }

  /** Does something that keeps parts from each other for as long as it takes. */
  async during<T>(told: Told, work: () => Promise<T>): Promise<T> {
    const fact = this.begin(told);
    try {
      return await work();
    } finally {
      this.end(fact);
    }
  }

  /** Follows one process from its start to its end. */
  watch(app: AppProcess, { isSupervised }: { isSupervised: boolean }): void {
    const { name } = app;
    const isMock = targets[app.app] === "hub" || targets[app.app] === "chat";
    app.onEvent((event) => {
      if (event.event === "member-joined") this.#join(app, event);
      // Killed by somebody else than through this process.
      if (event.event === "supervisor.child-died" && this.#open(name, "death") === undefined) this.#die(app, true);
      if (event.event === "supervisor.child-died") this.#closeAll(name, ["death", "freeze"]);
    });
    app.onSignal((signal) => {
      if (signal === "SIGKILL" && !isMock) this.#die(app, isSupervised);
      else if (signal === "SIGKILL" || (signal === "SIGSTOP" && isMock)) this.#note(app, "outage");
      else if (signal === "SIGSTOP") this.#note(app, "freeze");
      else if (signal === "SIGTERM" && !isMock) this.#note(app, "stop");
      else if (signal === "SIGCONT") this.#closeAll(name, isMock ? ["outage"] : ["freeze"]);
    });
    void app.exited.then(({ code }) => {
      const stop = this.#open(name, "stop");
      if (stop !== undefined) this.end(stop, { exitCode: code });
      else if (isMock && this.#open(name, "outage") === undefined) this.#note(app, "outage");
      else if (!isMock && this.#open(name, "death") === undefined) this.#die(app, false);
      this.#closeAll(name, ["death", "freeze"]);
    });
  }

  /** A process is ready: an outage of the same name is over. */
  isReady(name: string): void {
    this.#closeAll(name, ["outage"]);
  }

  /** A process of both kinds is two members; conversations belong to the worker. */
  #join(app: AppProcess, { member, role }: LogEvent): void {
    if (app.app === "single" && role === "dispatcher") return;
    this.#members.set(app.name, String(member));
    this.end(this.#note(app, "join"));
  }

  #die(app: AppProcess, isProved: boolean): void {
    // A worker is dead at once, whatever its replacement takes.
    const fact = this.#note(app, "death", { isProved });
    fact.endedAt = fact.at;
    this.#dying.add(fact);
  }

  readonly #dying = new Set<DeedFact>();

  #note(app: AppProcess, kind: DeedFact["kind"], more: Partial<DeedFact> = {}): DeedFact {
    const { name } = app;
    return this.begin({ kind, target: targets[app.app], name, member: this.#members.get(name) ?? "", ...more });
  }

  #open(name: string, kind: DeedFact["kind"]): DeedFact | undefined {
    return this.facts.findLast(
      (fact) => fact.name === name && fact.kind === kind && (fact.endedAt === null || this.#dying.has(fact)),
    );
  }

  #closeAll(name: string, kinds: readonly DeedFact["kind"][]): void {
    for (const fact of this.facts) {
      if (fact.name !== name || !kinds.includes(fact.kind)) continue;
      if (fact.endedAt === null) this.end(fact);
      this.#dying.delete(fact);
    }
  }
}

/** The same server, whose outages are written down. */
export function watchRedis(server: RedisServer, deeds: DeedLog): RedisServer {
  let outage: DeedFact | undefined;
  const begin = (): void => {
    outage ??= deeds.begin({ kind: "outage", target: "redis", name: "redis" });
  };
  const end = (): void => {
    if (outage !== undefined) deeds.end(outage);
    outage = undefined;
  };
  const watched: Partial<RedisServer> = {
    async kill() {
      begin();
      await server.kill();
    },
    async start() {
      await server.start();
      end();
    },
    freeze() {
      begin();
      server.freeze();
    },
    thaw() {
      server.thaw();
      end();
    },
  };
  return Object.assign(Object.create(server) as RedisServer, watched);
}
