import { systemClock, systemRandom } from "@dms/runtime";
import { createChatMock } from "../app.ts";

/** A chat server in a process of its own, for tests that kill it: `<server name> <store file>`; prints its address. */
const [serverName = "", storeFile = ""] = process.argv.slice(2);
const { app } = createChatMock({
  clock: systemClock,
  random: systemRandom,
  serverName,
  storeFile,
  agents: { enabled: false },
});
process.stdout.write(`${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
