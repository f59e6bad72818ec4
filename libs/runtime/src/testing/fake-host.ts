import type { ProcessHost, StopSignal } from "../host.ts";

/** A process's surroundings in memory: a test sends its signals and reads its exit code. */
export function fakeHost(env: Record<string, string> = {}) {
  const actions = {
    signal: [] as ((signal: StopSignal) => void)[],
    louder: [] as (() => void)[],
    uncaught: [] as ((caught: unknown) => void)[],
    orphaned: [] as (() => void)[],
  };
  const seen = { out: "", err: "", sent: [] as object[], codes: [] as number[] };
  const exit = Promise.withResolvers<number>();
  const host: ProcessHost = {
    env,
    hostName: () => "host-1",
    out: (text) => (seen.out += text),
    err: (text) => (seen.err += text),
    exit: (code) => {
      seen.codes.push(code);
      exit.resolve(code);
    },
    onSignal: (action) => actions.signal.push(action),
    onLouder: (action) => actions.louder.push(action),
    onUncaught: (action) => actions.uncaught.push(action),
    onOrphaned: (action) => actions.orphaned.push(action),
    send: (message) => seen.sent.push(message),
  };
  return {
    host,
    seen,
    exited: exit.promise,
    signal: (signal: StopSignal) => actions.signal.forEach((action) => action(signal)),
    louder: () => actions.louder.forEach((action) => action()),
    throwUncaught: (caught: unknown) => actions.uncaught.forEach((action) => action(caught)),
    orphan: () => actions.orphaned.forEach((action) => action()),
  };
}
