import type { MemberId } from "@dms/protocol";
import type { LeaseReply } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

/** Takes, renews or gives up a lease; see `lead.lua`. `token` null takes; times in milliseconds. */
export const lead = defineScript<
  {
    lease: string;
    holder: MemberId;
    token: string | null;
    nonce: string;
    leaseMs: number;
    longestLeaseMs: number;
    isRelease: boolean;
  },
  LeaseReply | { status: "released" }
>({
  name: "lead",
  encode: (request) => [
    request.lease,
    request.holder,
    request.token ?? "",
    request.nonce,
    request.leaseMs,
    request.longestLeaseMs,
    request.isRelease ? 1 : 0,
  ],
  decode: (reply) => {
    const [status] = reply;
    if (status === "held") return { status, token: String(reply[1]), barrierMs: Number(reply[2]) };
    if (status === "other") return { status, holder: String(reply[1]) as MemberId };
    if (status === "released") return { status };
    throw new UnknownStatus("lead", reply);
  },
});
