import { z } from "zod";
import { clientOf } from "../session.ts";
import { successAnswer } from "./answer.ts";
import type { Operation, OperationParts } from "./operation.ts";
import { readParameters, userDataOf } from "./parameters.ts";
import { RequestFault } from "./request-fault.ts";

const createSchema = z.object({
  nickname: z.string().min(1).optional(),
  firstName: z.string().min(1).optional(),
  lastName: z.string().min(1).optional(),
  subject: z.string().optional(),
  emailAddress: z.string().optional(),
  text: z.string().optional(),
});

type Opening = z.infer<typeof createSchema>;

/** `POST /{service}`: a new session, with its first message when `text` is given; answers its whole transcript. */
export function createOperation({ store, sessions, planner }: OperationParts): Operation {
  return {
    path: "/:service",
    faulted: "create",
    isMultipartTaken: true,
    execute: ({ service, parameters, caller }) => {
      const opening = readParameters(createSchema, parameters);
      const nickname = nicknameOf(opening);
      return store.write(() => {
        const session = sessions.create({ service, nickname, userData: userDataOf(parameters), caller });
        if (opening.text) {
          sessions.append(session, { from: clientOf(session), type: "Message", text: opening.text }, caller);
          planner.answer(session);
        }
        store.sessions.save(session);
        return successAnswer(session, { events: store.transcript.from(session.chatId, 1) });
      });
    },
  };
}

function nicknameOf({ nickname, firstName, lastName }: Opening): string {
  if (nickname !== undefined) return nickname;
  if (firstName === undefined || lastName === undefined) {
    throw new RequestFault(400, "nickname, or firstName and lastName, is required");
  }
  return `${firstName} ${lastName}`;
}
