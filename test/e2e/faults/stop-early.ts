import process from "node:process";

/**
 * Loaded into a process before its own first line: sends it SIGTERM so many turns of its event loop after it began to
 * listen for that signal (`STOP_AFTER_TURNS`), which is while its modules are loaded or just after.
 */
let turnsLeft = Number(process.env["STOP_AFTER_TURNS"] ?? 0);

function stopWhenDue(): void {
  if (turnsLeft-- > 0) setImmediate(stopWhenDue);
  else process.kill(process.pid, "SIGTERM");
}

process.on("newListener", (name) => {
  if (name === "SIGTERM" && process.listenerCount("SIGTERM") === 0) process.nextTick(stopWhenDue);
});
