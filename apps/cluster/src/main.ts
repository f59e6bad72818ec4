import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { accessSync, constants, mkdirSync } from "node:fs";
import { messageOf, processEnv, systemClock } from "@dms/runtime";
import { runCluster } from "./app.ts";
import { helpText, parseOptions } from "./options.ts";
import { openTerminal } from "./terminal.ts";

const env = processEnv();
const parsed = parseOptions(process.argv.slice(2), env["DMS_REDIS_URL"]);
if (parsed.kind === "run") {
  const stopWish = new AbortController();
  let wishes = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A terminal and npm may both pass one Ctrl-C on; the third is certainly meant.
      if (++wishes > 2) process.exit(130);
      stopWish.abort();
    });
  }
  // Who reads the output may leave before the cluster does.
  process.stdout.on("error", () => stopWish.abort());
  const isTerminal = process.stdout.isTTY && process.stdin.isTTY;
  const { stdin: input, stdout: output } = process;
  try {
    process.exitCode = await runCluster({
      options: parsed.options,
      clock: systemClock,
      dir: runFolder(),
      isColored: isTerminal && !env["NO_COLOR"],
      print: (line) => void process.stdout.write(`${line}\n`),
      openTerminal: isTerminal ? (onKey) => openTerminal({ input, output }, onKey) : null,
      stopWish,
    });
  } catch (caught) {
    process.stderr.write(`npm start: ${messageOf(caught)}\n`);
    process.exitCode = 1;
  }
  process.exit();
} else {
  const isHelp = parsed.kind === "help";
  (isHelp ? process.stdout : process.stderr).write(isHelp ? helpText : `npm start: ${parsed.text}\n`);
  process.exitCode = isHelp ? 0 : 2;
}

/** A folder of this run's own: in the checkout where that can be written, else among the temporary files. */
function runFolder(): string {
  const name = new Date(systemClock.wall()).toISOString().slice(0, 19).replaceAll(":", "-");
  const checkout = fileURLToPath(new URL("../../../.run/", import.meta.url));
  try {
    mkdirSync(checkout, { recursive: true });
    accessSync(checkout, constants.W_OK);
    return join(checkout, `${name}-${process.pid}`);
  } catch {
    // A checkout that cannot be written is no reason not to run.
    return join(tmpdir(), `dms-run-${name}-${process.pid}`);
  }
}
