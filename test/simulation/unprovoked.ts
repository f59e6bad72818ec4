import type { History } from "@dms/testkit";

const harmless: ReadonlySet<string> = new Set(["join", "stop"]);

/**
 * What costs time and breaks nothing, and must not happen all the same where workers only came and went as planned: a member
 * whose lease ran out (A13), a reply that went to the hub twice under its key (A14). A machine on which much else runs may
 * see either without a fault; a virtual clock may not.
 */
export function unprovoked({ deeds, evictions, replays }: History): string[] {
  if (deeds.some(({ kind }) => !harmless.has(kind))) return [];
  return [
    ...evictions
      .filter(({ cause }) => cause !== "left")
      .map(({ member, cause }) => `unprovoked: ${member} lost its lease (${cause}), and nothing was done to it`),
    ...(replays > 0 ? [`unprovoked: ${replays} replies went to the hub twice, and nothing was done to anybody`] : []),
  ];
}
