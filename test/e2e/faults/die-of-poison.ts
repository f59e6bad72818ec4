import { subscribe } from "node:diagnostics_channel";

/** Preloaded into a worker: it dies, as of a crash in native code, whenever it is about to post a text with the word. */
const poison = "deadly-poison";

subscribe("undici:request:create", (message) => {
  const { request } = message as { request: { body?: unknown } };
  if (String(request.body).includes(poison)) process.kill(process.pid, "SIGKILL");
});
