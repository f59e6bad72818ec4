/** Outputs of the framework that this project has no use for; they are named in a warning and ignored. */
export const foreignOutputs: ReadonlySet<string> = new Set(["network", "memory"]);
