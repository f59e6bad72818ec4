import type { Clock } from "@dms/runtime";

/** Calls `tick` every `everyMs` from `start` to `stop`; a tick that throws is told to `onError` and the next one comes. */
export class Ticker {
  readonly #options: { clock: Clock; everyMs: number; tick: () => void; onError: (error: unknown) => void };
  #cancel: (() => void) | null = null;

  constructor(options: { clock: Clock; everyMs: number; tick: () => void; onError: (error: unknown) => void }) {
    this.#options = options;
  }

  start(): void {
    const { clock, everyMs, tick, onError } = this.#options;
    this.#cancel = clock.after(everyMs, () => {
      this.start();
      try {
        tick();
      } catch (error) {
        onError(error);
      }
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
