type AnyFunction = (...args: never[]) => unknown;

/**
 * A module whose functions a test may replace while it runs, to see what a rule protects: `changes` is looked at in every
 * call. For the factory of `vi.mock`.
 */
export function switchable<Module extends object>(module: Module, changes: Partial<Module>): Module {
  const entries = Object.entries(module).map(([name, member]): [string, unknown] => {
    const isRule = typeof member === "function" && !/^class\b/.test(Function.prototype.toString.call(member));
    if (!isRule) return [name, member];
    return [
      name,
      (...args: never[]) => ((changes as Record<string, AnyFunction>)[name] ?? (member as AnyFunction))(...args),
    ];
  });
  return Object.fromEntries(entries) as Module;
}

/** Puts every rule back. */
export function restore(...modules: object[]): void {
  for (const changes of modules) for (const name of Object.keys(changes)) Reflect.deleteProperty(changes, name);
}
