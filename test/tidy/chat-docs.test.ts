import { messageTypes } from "@dms/protocol";
import { expect, test } from "vitest";
import { chatDocument, chatFaults, seen, typesIn, userDataFaults } from "./chat-docs.ts";
import { repository } from "./repository.ts";

const document = repository.find(({ path }) => path === chatDocument)?.text ?? "";

test("docs/chat.md: messages and files look as it says, and every type of message is there", () => {
  expect(chatFaults(document)).toEqual([]);
  expect(typesIn(document)).toEqual(new Set(messageTypes));
});

test("docs/chat.md: the table of user data has every key that a worker sets, and no other", () => {
  expect(userDataFaults(document, repository)).toEqual([]);
});

test("chat: a row that says something else, a key without row and a row without key are caught", () => {
  const table = (mark: string, row: string) =>
    `<!-- ${mark}: begin -->\n| a | b |\n| --- | --- |\n${row}\n<!-- ${mark}: end -->`;
  expect(seen({ type: "text", text: "Hi" })).toBe("`Hi`");
  expect(chatFaults(table("posts", '| `{"type":"text","text":"Hi"}` | `Hi` |'))).toEqual([]);
  expect(chatFaults(table("posts", '| `{"type":"text","text":"Hi"}` | `Ho` |'))).toHaveLength(1);
  expect(chatFaults(table("files", '| `{"id":"f"}` | `gone` | `[file f: here]` |'))).toHaveLength(1);
  const source = { path: "apps/worker/src/x.ts", text: "const userData = { _umsNew: 1 };" };
  expect(userDataFaults(table("user data", "| `_umsOld` | x |"), [source])).toEqual([
    expect.stringContaining("_umsNew has no row"),
    expect.stringContaining("no worker sets _umsOld"),
  ]);
});
