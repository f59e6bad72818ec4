import { RedisWire } from "../redis-wire.ts";
import { type Script, withText } from "../script.ts";

/** Keys from which held scripts read time and the server's run id; they have no hash tag, so this serves one server only. */
export const heldKeys = { clock: "held:clock", run: "held:run" } as const;

type AnyScript = Script<never, unknown>;

const now = /local function now_ms\(\)\n.*?\nend/s;
const run = /local function server_run_id\(\)\n.*?\nend/s;

/** A script that reads time and run id from `heldKeys`, so that a test moves both by hand. */
export function withHeldTime<Request, Reply>(script: Script<Request, Reply>): Script<Request, Reply> {
  const withClock = withText(script, (text) =>
    text.replace(now, `local function now_ms()\n  return tonumber(redis.call('GET', '${heldKeys.clock}'))\nend`),
  );
  return withText(withClock, (text) =>
    text.replace(run, `local function server_run_id()\n  return redis.call('GET', '${heldKeys.run}')\nend`),
  );
}

/** A wire whose scripts run in held time, and from which a test may take a rule out. */
export class HeldWire extends RedisWire {
  readonly #changes = new Map<string, (text: string) => string>();
  readonly #held = new Map<string, AnyScript>();
  readonly #isHeld = new WeakSet<AnyScript>();

  /**
   * From now on the transition `name` runs with `rule` replaced by `otherwise` in its text. Throws at its next run when the
   * text has no such place.
   */
  without(name: string, rule: string, otherwise: string): void {
    const former = this.#changes.get(name) ?? ((text: string) => text);
    this.#changes.set(name, (text) => {
      const before = former(text);
      if (!before.includes(rule)) throw new Error(`${name}.lua has no such rule any more: ${rule}`);
      return before.replaceAll(rule, otherwise);
    });
    this.#held.delete(name);
  }

  /** Puts all rules back. */
  restore(): void {
    this.#changes.clear();
    this.#held.clear();
  }

  override run<Request, Reply>(script: Script<Request, Reply>, prefix: string, request: Request): Promise<Reply> {
    return super.run(this.#hold(script), prefix, request);
  }

  override runDurably<Request, Reply>(
    script: Script<Request, Reply>,
    prefix: string,
    request: Request,
  ): Promise<Reply> {
    return super.runDurably(this.#hold(script), prefix, request);
  }

  #hold<Request, Reply>(script: Script<Request, Reply>): Script<Request, Reply> {
    if (this.#isHeld.has(script as AnyScript)) return script;
    const known = this.#held.get(script.name);
    if (known !== undefined) return known as Script<Request, Reply>;
    const change = this.#changes.get(script.name);
    const held = withHeldTime(change === undefined ? script : withText(script, change));
    this.#held.set(script.name, held as AnyScript);
    this.#isHeld.add(held as AnyScript);
    return held;
  }
}
