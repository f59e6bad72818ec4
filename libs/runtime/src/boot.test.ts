import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const boot = new URL("boot.ts", import.meta.url).href;

/** Runs a module that has imported the file; answers its exit code. It ends with 1 when nothing ends it for ten seconds. */
async function exitOf(lines: string): Promise<number> {
  const text = `import { takeLouder, takeSignals } from ${JSON.stringify(boot)};\nsetTimeout(() => process.exit(1), 10_000);\n${lines}`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", text]);
  return run.then(
    () => 0,
    (caught: { code: number }) => caught.code,
  );
}

test("boot: a signal before anything is begun ends the process with 0", async () => {
  expect(await exitOf('process.kill(process.pid, "SIGTERM");')).toBe(0);
});

test("boot: a signal that came before its listener took over reaches that listener", async () => {
  const lines =
    'process.kill(process.pid, "SIGTERM");\ntakeSignals((signal) => process.exit(signal === "SIGTERM" ? 7 : 8));';
  expect(await exitOf(lines)).toBe(7);
});

test("boot: the wish for a louder log ends nothing, neither before its listener nor after", async () => {
  const lines = `process.kill(process.pid, "SIGUSR2");
setTimeout(() => {
  takeLouder(() => process.exit(7));
  process.kill(process.pid, "SIGUSR2");
}, 100);`;
  expect(await exitOf(lines)).toBe(7);
});
