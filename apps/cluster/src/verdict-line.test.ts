import { emptyHistory, verdict } from "@dms/testkit";
import { expect, test } from "vitest";
import { comparedLine } from "./verdict-line.ts";

test("messages that ask for no post do not read like loss", () => {
  const judged = verdict(emptyHistory(), { isAtRest: true });
  Object.assign(judged.compared, {
    messages: 1460,
    asked: 1439,
    posts: 1439,
    replies: 3,
    sessions: 2,
    conversations: 1,
  });
  expect(comparedLine(judged)).toBe(
    "1,460 messages asked for 1,439 posts, 1,439 shown, 3 replies, 2 sessions, 1 conversations",
  );
});
