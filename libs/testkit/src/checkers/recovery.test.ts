import { expect, test } from "vitest";
import { story } from "../testing/story.ts";
import { boundsDefault } from "./due.ts";
import { checkRecovery } from "./recovery.ts";

const bounds = { ...boundsDefault, recoveryMsMax: 1000, provedMsMax: 100 };
const judge = ({ conversation, history }: ReturnType<typeof story>) => checkRecovery(conversation, { history, bounds });
const died = () => story().gives("w1", "1.a").receives("a").opens("s").suffers("death", { member: "w1" });

test("a dead worker's conversation that goes on in time has recovered", () => {
  expect(judge(died().waits(900).shows("s", "a"))).toEqual([]);
});

test("one that goes on later has recovered late, and a proved death must be mended sooner", () => {
  expect(judge(died().waits(1100).shows("s", "a"))).toMatchObject([{ invariant: "I10", kind: "recovered late" }]);
  const proved = story().gives("w1", "1.a").receives("a").opens("s").suffers("death", { member: "w1", isProved: true });
  expect(judge(proved.waits(900).shows("s", "a"))).toHaveLength(1);
});

test("a freeze past the lease is a death, a short one is none", () => {
  const frozen = (ms: number) => {
    const told = story().gives("w1", "1.a").receives("a").opens("s");
    return told
      .suffers("freeze", { member: "w1", endedAt: told.now + 1 + ms })
      .waits(9000)
      .shows("s", "a");
  };
  expect(judge(frozen(5000))).toHaveLength(1);
  expect(judge(frozen(1000))).toEqual([]);
});

test("another one's conversation, and what was delayed by something else, are no late recovery", () => {
  const other = story().gives("w2", "1.a").receives("a").opens("s").suffers("death", { member: "w1" });
  expect(judge(other.waits(5000).shows("s", "a"))).toEqual([]);
  expect(judge(died().waits(900).suffers("death", { member: "w2" }).waits(900).shows("s", "a"))).toEqual([]);
});
