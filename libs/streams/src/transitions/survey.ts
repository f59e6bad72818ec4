import type { MemberId } from "@dms/protocol";
import type { MemberRole, MemberView, Survey } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

function decodeMember(fields: string[]): MemberView {
  const [member, leaseLeftMs, role, state = "", cause = "", sessions, capacity, pending, channels = ""] = fields;
  return {
    member: member as MemberId,
    leaseLeftMs: Number(leaseLeftMs),
    role: role as MemberRole,
    state,
    cause,
    sessions: Number(sessions),
    capacity: Number(capacity),
    pending: Number(pending),
    channels: channels === "" ? null : (JSON.parse(channels) as string[]),
  };
}

/** The registry as a dispatcher sees it; see `survey.lua`. Times in milliseconds. */
export const survey = defineScript<{ longestLeaseMs: number; retentionMs: number }, Survey>({
  name: "survey",
  encode: ({ longestLeaseMs, retentionMs }) => [longestLeaseMs, retentionMs],
  decode: (reply) => {
    if (reply[0] !== "members") throw new UnknownStatus("survey", reply);
    return { barrierMs: Number(reply[1]), members: (reply.slice(2) as string[][]).map(decodeMember) };
  },
});
