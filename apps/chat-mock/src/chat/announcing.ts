import { z } from "zod";
import { clientOf } from "../session.ts";
import { successAnswer } from "./answer.ts";
import { onOpenSession, type Operation, type OperationParts } from "./operation.ts";
import { readParameters, userDataOf } from "./parameters.ts";

const pushUrlSchema = z.object({ pushUrl: z.string().min(1) });
const nicknameSchema = z.object({ nickname: z.string().min(1) });
const noticeSchema = z.object({ message: z.string().min(1) });

/** `pushUrl`: shows an address to the other side. */
export function pushUrlOperation(parts: OperationParts): Operation {
  return {
    path: "/:service/:chatId/pushUrl",
    faulted: "other",
    execute: (call) => {
      const { pushUrl } = readParameters(pushUrlSchema, call.parameters);
      return onOpenSession(parts, call, (session) => {
        parts.sessions.append(session, { from: clientOf(session), type: "PushUrl", text: pushUrl });
        return successAnswer(session);
      });
    },
  };
}

/** `updateNickname`: the client has the new name from this event on. */
export function nicknameOperation(parts: OperationParts): Operation {
  return {
    path: "/:service/:chatId/updateNickname",
    faulted: "other",
    execute: (call) => {
      const { nickname } = readParameters(nicknameSchema, call.parameters);
      return onOpenSession(parts, call, (session) => {
        session.nickname = nickname;
        parts.sessions.append(session, { from: clientOf(session), type: "NicknameUpdated", text: nickname });
        return successAnswer(session);
      });
    },
  };
}

/** `customNotice`: a notice with the client's own text. */
export function noticeOperation(parts: OperationParts): Operation {
  return {
    path: "/:service/:chatId/customNotice",
    faulted: "other",
    execute: (call) => {
      const { message } = readParameters(noticeSchema, call.parameters);
      return onOpenSession(parts, call, (session) => {
        parts.sessions.append(session, { from: clientOf(session), type: "CustomNotice", text: message });
        return successAnswer(session);
      });
    },
  };
}

/** `updateData`: adds to the session's user data, and answers all of it; the transcript shows nothing. */
export function userDataOperation(parts: OperationParts): Operation {
  return {
    path: "/:service/:chatId/updateData",
    faulted: "other",
    execute: (call) =>
      onOpenSession(parts, call, (session) => {
        session.userData = { ...session.userData, ...userDataOf(call.parameters) };
        session.conversation = session.userData["_umsConversationId"] ?? null;
        return successAnswer(session, { userData: session.userData });
      }),
  };
}
