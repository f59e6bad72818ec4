import type { LetterPage } from "@dms/rules";
import { defineScript, UnknownStatus } from "../script.ts";

const fieldsPerLetter = 3;

/** Reads a page of dead letters; see `browse.lua`. */
export const browse = defineScript<{ after: string; count: number }, LetterPage>({
  name: "browse",
  encode: ({ after, count }) => [after, count],
  decode: (reply) => {
    if (reply[0] !== "page") throw new UnknownStatus("browse", reply);
    const letters = [];
    for (let i = 2; i + fieldsPerLetter <= reply.length; i += fieldsPerLetter) {
      const [id = "", reason = "", conversation = ""] = reply.slice(i, i + fieldsPerLetter).map(String);
      letters.push({ id, reason, conversation });
    }
    return { now: Number(reply[1]), letters };
  },
});
