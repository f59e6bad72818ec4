import { compareShown } from "../shown-comparison.ts";
import type { ConversationHistory } from "../history.ts";
import { type Finding, quoted } from "./finding.ts";

/** I2: nothing is shown more often than it was received; what nobody sent is shown once too often as well. */
export function checkNoDoubleShow(conversation: ConversationHistory): Finding[] {
  const { comparison } = compareShown(conversation);
  const found = (index: number, what: string): Finding => {
    const post = conversation.shown[index];
    return {
      invariant: "I2",
      kind: "doubled",
      conversation: conversation.conversation,
      detail: `${quoted(post?.text ?? "")} ${what} in chat ${post?.chatId}`,
    };
  };
  return [
    ...comparison.doubled.map((index) => found(index, "is shown once more")),
    ...comparison.foreign.map((index) => found(index, "was never received and is shown")),
  ];
}
