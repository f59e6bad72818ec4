import type { Verdict } from "@dms/testkit";
import { type Paint, whole } from "./paint.ts";

/** The verdict in one line. */
export function verdictLine(verdict: Verdict, paint: Paint): string {
  return verdictParts(verdict, paint).join(paint.dim(" | "));
}

/** Of messages, replies and sessions: every figure is there, and a wrong one stands out. */
export function verdictParts({ counts }: Verdict, paint: Paint): string[] {
  const figure = (words: string, count: number): string =>
    count === 0 ? `${words} ${paint.green("0")}` : paint.bold(paint.red(`${words} ${whole(count)}`));
  return [
    [figure("lost", counts.lost), figure("doubled", counts.doubled), figure("out of order", counts["out of order"])],
    [
      `replies ${figure("lost", counts["reply lost"])}`,
      figure("doubled", counts["reply doubled"]),
      figure("out of order", counts["reply out of order"]),
    ],
    [`sessions ${figure("doubled", counts["session doubled"])}`, figure("orphaned", counts["session orphaned"])],
  ].map((figures) => figures.join(", "));
}

/** Messages, the posts that they ask for and those that are there: some ask for none, so messages alone read like loss. */
export function postsLine({ compared: { messages, asked, posts } }: Verdict): string {
  return `${whole(messages)} messages asked for ${whole(asked)} posts, ${whole(posts)} shown`;
}

/** What the verdict rests on. */
export function comparedLine(verdict: Verdict): string {
  return comparedParts(verdict).join(", ");
}

export function comparedParts(verdict: Verdict): string[] {
  const { replies, sessions, conversations } = verdict.compared;
  const others = `${whole(replies)} replies, ${whole(sessions)} sessions, ${whole(conversations)} conversations`;
  return [postsLine(verdict), others];
}
