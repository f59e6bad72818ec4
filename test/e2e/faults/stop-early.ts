import { registerHooks } from "node:module";
import process from "node:process";

/** Loaded into a process before its own first line: sends it SIGTERM once it loads a module whose address has `STOP_AT` in it. */
const stopAt = process.env["STOP_AT"] ?? "";
let isSent = false;

registerHooks({
  load: (url, context, nextLoad) => {
    if (!isSent && url.includes(stopAt)) {
      isSent = true;
      process.kill(process.pid, "SIGTERM");
    }
    return nextLoad(url, context);
  },
});
