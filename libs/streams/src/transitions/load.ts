import { type ConversationId, type MemberId, splitConversationId } from "@dms/protocol";
import type { ConversationRecord, LoadedRecord } from "@dms/rules";
import { defineScript, type ScriptReply, UnknownStatus } from "../script.ts";

/** The started mark is `<seq>:<deliveries>:<grant>` (`start.lua`); one of an earlier head says nothing about this one. */
function deliveriesOf(started: string, head: number): number {
  const [seq, deliveries] = started.split(":");
  return Number(seq) === head ? Number(deliveries) : 0;
}

/** Order of a record's fields in the reply of `load.lua`, after the status. */
function decodeRecord(fields: string[], id: ConversationId): ConversationRecord {
  const [life = "", grant = "", seq, done, chatId = "", secureKey = "", userId = "", alias = "", server = ""] = fields;
  const [
    customer = "",
    business = "",
    shown,
    answered,
    started = "",
    suspect,
    pending = "",
    parts,
    appName = "",
    holdMs,
  ] = fields.slice(9);
  return {
    life,
    grant,
    seq: Number(seq),
    done: Number(done),
    handle: chatId === "" ? null : { chatId, secureKey, userId, alias, server },
    parties: {
      customer: customer === "" && chatId !== "" ? splitConversationId(id).hubConversationId : customer,
      business,
    },
    shown: Number(shown),
    answered: Number(answered),
    suspect: Number(suspect),
    deliveries: deliveriesOf(started, Number(done) + 1),
    pending,
    appName,
    partsShown: Number(parts),
    holdMs: Number(holdMs),
  };
}

function decodeOne(reply: string[], id: ConversationId): LoadedRecord {
  if (reply[0] === "stale" || reply[0] === "gone") return { status: reply[0] };
  if (reply[0] !== "owned") throw new UnknownStatus("load", reply as ScriptReply);
  return { status: "owned", record: decodeRecord(reply.slice(1), id) };
}

/** Reads records for their owner; see `load.lua`. `isDurable` writes the grants again for the write barrier that follows. */
export const load = defineScript<
  { member: MemberId; isDurable: boolean; conversations: ConversationId[] },
  LoadedRecord[]
>({
  name: "load",
  encode: (request) => [request.member, request.isDurable ? 1 : 0, ...request.conversations],
  decode: (reply, { conversations }) => {
    if (reply[0] !== "loaded") throw new UnknownStatus("load", reply);
    return (reply.slice(1) as string[][]).map((one, i) => decodeOne(one, conversations[i] as ConversationId));
  },
});
