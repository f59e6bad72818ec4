import { defineScript, UnknownStatus } from "../script.ts";

/** Fixes schema version and number of partitions once; see `agree.lua`. */
export const agree = defineScript<
  { schema: number; partitions: number },
  { status: "agreed" } | { status: "differs"; schema: number; partitions: number }
>({
  name: "agree",
  encode: ({ schema, partitions }) => [schema, partitions],
  decode: (reply) => {
    const [status] = reply;
    if (status === "agreed") return { status };
    if (status === "differs") return { status, schema: Number(reply[1]), partitions: Number(reply[2]) };
    throw new UnknownStatus("agree", reply);
  },
});
