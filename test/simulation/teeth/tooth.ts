/** A piece of the product's text, and what stands in its place; `file` is relative to the repository's root. */
export interface Change {
  file: string;
  rule: string;
  otherwise: string;
}

/** One safety mechanism, taken out in the simulator only. */
export interface Tooth {
  id: string;
  /** The rule that is taken out. */
  rule: string;
  changes: Change[];
}

/** A change in a transition's script. */
export function inScript(transition: string, rule: string, otherwise: string): Change {
  return { file: `libs/streams/src/transitions/${transition}.lua`, rule, otherwise };
}

/** A change in a worker's file. */
export function inWorker(file: string, rule: string, otherwise: string): Change {
  return { file: `apps/worker/src/${file}.ts`, rule, otherwise };
}

/** A change in a dispatcher's file. */
export function inDispatcher(file: string, rule: string, otherwise: string): Change {
  return { file: `apps/dispatcher/src/${file}.ts`, rule, otherwise };
}

/** A change in a library's file. */
export function inLibrary(file: string, rule: string, otherwise: string): Change {
  return { file: `libs/${file}.ts`, rule, otherwise };
}
