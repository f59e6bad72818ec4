import type { Clock, Random } from "@dms/rules";

// Per server: well, or suspect until a moment. A server becomes suspect when it cannot be reached, or when it was silent
// several times in a row: one slow answer must not move its thousands of sessions, because each move makes another server
// restore a session. Any answer makes it well again.

export type Sighting = "answered" | "unreachable" | "silent";

const suspectMs = 5000;
const silencesMax = 3;

/** In which order the configured chat servers are tried. */
export class ServerChoice {
  readonly #servers: readonly string[];
  readonly #clock: Clock;
  readonly #suspectUntilMs = new Map<string, number>();
  readonly #silences = new Map<string, number>();
  /** Whose turn it is; sessions that look for another server count apart, or they would skew the creations. */
  readonly #turns: { creation: number; session: number };

  constructor(options: { servers: readonly string[]; clock: Clock; random: Random }) {
    this.#servers = [...new Set(options.servers.map(withoutSlash))];
    this.#clock = options.clock;
    // Each process begins elsewhere, or all workers of a roll-out would open their sessions at the first server.
    const first = Math.floor(options.random.fraction() * this.#servers.length);
    this.#turns = { creation: first, session: first };
  }

  /** For a new session: round robin over the well servers, those with a free place first, the suspect ones after them. */
  forCreation(isFree: (server: string) => boolean): string[] {
    const rotated = this.#rotated("creation");
    return this.#suspectsLast([...rotated.filter(isFree), ...rotated.filter((server) => !isFree(server))]);
  }

  /**
   * For a session: its own server first, then the others. A call that may be repeated goes to suspect servers last, so that a
   * session whose server is silent gets away from it; one that may not be repeated never leaves its server on suspicion.
   */
  forSession(server: string, isRepeatable: boolean): string[] {
    const own = withoutSlash(server);
    const others = this.#rotated("session").filter((other) => other !== own);
    const ordered = this.#servers.includes(own) ? [own, ...others] : others;
    return isRepeatable ? this.#suspectsLast(ordered) : ordered;
  }

  /** Every configured server, and whether it is avoided now. */
  sightings(): { server: string; isSuspect: boolean }[] {
    const now = this.#clock.monotonic();
    return this.#servers.map((server) => ({ server, isSuspect: (this.#suspectUntilMs.get(server) ?? now) > now }));
  }

  note(server: string, sighting: Sighting): void {
    const silences = sighting === "silent" ? (this.#silences.get(server) ?? 0) + 1 : 0;
    this.#silences.set(server, silences);
    if (sighting === "answered") this.#suspectUntilMs.delete(server);
    if (sighting === "unreachable" || silences >= silencesMax) {
      this.#suspectUntilMs.set(server, this.#clock.monotonic() + suspectMs);
    }
  }

  #rotated(purpose: "creation" | "session"): string[] {
    const start = this.#turns[purpose] % Math.max(1, this.#servers.length);
    this.#turns[purpose] = start + 1;
    return [...this.#servers.slice(start), ...this.#servers.slice(0, start)];
  }

  #suspectsLast(servers: string[]): string[] {
    const now = this.#clock.monotonic();
    const isSuspect = (server: string): boolean => (this.#suspectUntilMs.get(server) ?? now) > now;
    return [...servers.filter((server) => !isSuspect(server)), ...servers.filter(isSuspect)];
  }
}

export function withoutSlash(server: string): string {
  return server.replace(/\/+$/, "");
}
