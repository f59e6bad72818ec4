import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { systemClock, systemRandom } from "@dms/runtime";
import { expect, onTestFinished, test } from "vitest";
import { createChatMock } from "../app.ts";
import { storePath } from "../testing/bench.ts";
import { Database } from "./database.ts";

interface Server {
  child: ChildProcess;
  /** Posts a form; null when the server is gone. */
  post(path: string, form: Record<string, string>): Promise<ReturnType<typeof JSON.parse>>;
}

async function startServer(name: string, storeFile: string): Promise<Server> {
  const script = fileURLToPath(new URL("../testing/server-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, name, storeFile], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit").then(([code]) => expect.fail(`server ${name} ended with ${code}`));
  const [line] = await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), exited]);
  const post: Server["post"] = async (path, form) => {
    try {
      const url = `${String(line).trim()}/genesys/2/chat/${path}`;
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
      return await answer.json();
    } catch {
      return null;
    }
  };
  return { child, post };
}

test("a server killed while it writes loses nothing that it answered, and another process goes on", async () => {
  const storeFile = storePath();
  const [first, second] = await Promise.all([startServer("one", storeFile), startServer("two", storeFile)]);
  const { chatId, secureKey } = await first.post("s", { nickname: "Jo" });
  const shown = new Set<string>();
  const failures = new Set<Server>();
  const write = async (server: Server, writer: string): Promise<void> => {
    for (let n = 0; n < 40; n++) {
      const message = `${writer}-${n}`;
      const answer = await server.post(`s/${chatId}/send`, { secureKey, message });
      if (answer?.statusCode === 0) shown.add(message);
      else failures.add(server);
      if (server === first && shown.size > 60) first.child.kill("SIGKILL");
    }
  };
  await Promise.all([write(first, "a"), write(first, "b"), write(second, "c"), write(second, "d")]);
  expect(failures).toEqual(new Set([first]));

  const { app } = createChatMock({ clock: systemClock, random: systemRandom, storeFile, serverName: "three" });
  onTestFinished(() => app.close());
  const answer = await app.inject({
    method: "POST",
    url: `/genesys/2/chat/s/${chatId}/refresh`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: `secureKey=${secureKey}`,
  });
  const { messages, ...restored } = answer.json();
  expect(restored).toMatchObject({ statusCode: 0, nextPosition: messages.length + 1 });
  const texts: string[] = messages.slice(1).map(({ text }: { text: string }) => text);
  expect(messages.map(({ index }: { index: number }) => index)).toEqual(messages.map((_: unknown, n: number) => n + 1));
  expect(new Set(texts).size).toBe(texts.length);
  expect([...shown].filter((message) => !texts.includes(message))).toEqual([]);
  for (const writer of ["a", "b", "c", "d"]) {
    const numbers = texts.filter((text) => text.startsWith(writer)).map((text) => Number(text.slice(2)));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  }
  const ledger = (await app.inject("/admin/ledger")).json();
  expect(ledger.events.flatMap(({ event }: { event?: { text?: string } }) => event?.text ?? [])).toEqual(texts);
}, 30_000);

test("a server that opens a new store while another one makes it waits until that is done", () => {
  const storeFile = storePath();
  mkdirSync(dirname(storeFile), { recursive: true });
  const other = new DatabaseSync(storeFile);
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE; CREATE TABLE made_first (x)");
  let pauses = 0;
  const database = new Database(storeFile, () => {
    if (++pauses === 3) other.exec("COMMIT");
  });
  onTestFinished(() => database.close());
  expect(pauses).toBe(3);
  expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
});
