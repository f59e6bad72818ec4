import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Each is a process that loads much, on a machine that others may use. */
const answerMsMax = 60_000;

/** Runs a command of the repository where no other program can be found. */
function answer(script: string, ...args: string[]) {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    encoding: "utf8",
    env: { PATH: "" },
  });
  return { status, stdout, stderr };
}

test.each(["bench/main.ts", "bench/measure.ts", "prove/docker.ts", "prove/kubernetes.ts"])(
  "%s --help says what it does, and does nothing",
  (script) => {
    const { status, stdout } = answer(script, "--help");
    expect(stdout).toMatch(/^npm run (bench|measure|prove:docker) /);
    expect(status).toBe(0);
  },
  answerMsMax,
);

test.each([
  ["prove/docker.ts", "Unknown option '--helm'", ["--helm"]],
  ["bench/main.ts", "--only takes dispatch", ["--only", "nothing"]],
])(
  "%s refuses with %s, before it does anything",
  (script, fault, args) => {
    const { status, stderr } = answer(script, ...args);
    expect(stderr.split("\n")[0]).toContain(fault);
    expect(stderr).toContain("npm run ");
    expect(status).toBe(78);
  },
  answerMsMax,
);
