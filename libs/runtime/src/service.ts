/**
 * Something with a lifetime. `start` resolves when it works; `stop` may be called before start, during it, and twice,
 * and resolves when nothing of it is left running.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}
