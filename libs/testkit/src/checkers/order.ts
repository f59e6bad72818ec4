import { compareShown } from "../shown-comparison.ts";
import type { ConversationHistory } from "../history.ts";
import { type Finding, quoted } from "./finding.ts";

/** I3: posts are shown in the hub's order. What is not shown at all is I1's concern. */
export function checkOrder(conversation: ConversationHistory): Finding[] {
  const { comparison, messages } = compareShown(conversation);
  return comparison.moved.map(([wanted, index]) => {
    const post = conversation.shown[index];
    const before = conversation.shown[index - 1];
    return {
      invariant: "I3",
      kind: "out of order",
      conversation: conversation.conversation,
      detail: `message ${messages[wanted]?.id}: ${quoted(post?.text ?? "")} is shown after ${quoted(before?.text ?? "")}`,
    };
  });
}
