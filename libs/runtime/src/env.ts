/** The process's environment, as it is now; the only place that reads it. Give it to `loadConfig`. */
export function processEnv(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
