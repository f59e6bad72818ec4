import { z } from "zod";
import { clientOf } from "../session.ts";
import { successAnswer } from "./answer.ts";
import { keyOf, onOpenSession, onSession, type Operation, type OperationParts } from "./operation.ts";
import { positionSchema, readParameters } from "./parameters.ts";

const sendSchema = z.object({
  message: z.string().min(1),
  messageType: z.string().optional(),
  transcriptPosition: positionSchema.default(0),
});

const refreshSchema = z.object({
  /** As in the protocol underneath, a refresh that brings a text also sends it. */
  message: z.string().default(""),
  transcriptPosition: positionSchema.default(1),
});

const typingSchema = z.object({ message: z.string().default("") });

/** `send`: appends the message; answers events only from a `transcriptPosition` of 1 or more, its own included. */
export function sendOperation(parts: OperationParts): Operation {
  const { sessions, planner } = parts;
  return {
    path: "/:service/:chatId/send",
    faulted: "send",
    execute: (call) => {
      const { message, messageType, transcriptPosition } = readParameters(sendSchema, call.parameters);
      return onOpenSession(parts, call, (session) => {
        const type = { type: "Message" as const, ...(messageType !== undefined && { messageType }) };
        sessions.append(session, { from: clientOf(session), ...type, text: message }, call.caller);
        planner.answer(session);
        return successAnswer(session, { events: eventsFrom(parts, session.chatId, transcriptPosition) });
      });
    },
  };
}

/** `refresh`: the transcript from a position; of an ended session too, as long as it is kept. */
export function refreshOperation(parts: OperationParts): Operation {
  const { store, sessions, planner } = parts;
  return {
    path: "/:service/:chatId/refresh",
    faulted: "refresh",
    execute: (call) => {
      const { message, transcriptPosition } = readParameters(refreshSchema, call.parameters);
      const key = keyOf(call);
      const quiet = store.read(() => {
        const session = message === "" ? sessions.peek(key) : null;
        return session && successAnswer(session, { events: eventsFrom(parts, key.chatId, transcriptPosition) });
      });
      if (quiet !== null) return quiet;
      const act = message === "" ? onSession : onOpenSession;
      return act(parts, call, (session) => {
        if (message !== "") {
          sessions.append(session, { from: clientOf(session), type: "Message", text: message }, call.caller);
          planner.answer(session);
        }
        return successAnswer(session, { events: eventsFrom(parts, key.chatId, transcriptPosition) });
      });
    },
  };
}

/** `startTyping` and `stopTyping`: a typing event, with the preview as its text when one is given. */
export function typingOperation(parts: OperationParts, isTyping: boolean): Operation {
  return {
    path: `/:service/:chatId/${isTyping ? "startTyping" : "stopTyping"}`,
    faulted: "typing",
    execute: (call) => {
      const { message } = readParameters(typingSchema, call.parameters);
      return onOpenSession(parts, call, (session) => {
        const type = isTyping ? "TypingStarted" : "TypingStopped";
        parts.sessions.append(session, { from: clientOf(session), type, ...(message && { text: message }) });
        return successAnswer(session);
      });
    },
  };
}

/** `disconnect`: the client leaves, and the chat is over; again is no error. */
export function disconnectOperation(parts: OperationParts): Operation {
  return {
    path: "/:service/:chatId/disconnect",
    faulted: "disconnect",
    execute: (call) =>
      onSession(parts, call, (session) => {
        if (session.endedBy === null) parts.sessions.end(session, "client", call.caller);
        return successAnswer(session);
      }),
  };
}

function eventsFrom({ store }: OperationParts, chatId: string, position: number): string[] {
  return position === 0 ? [] : store.transcript.from(chatId, position);
}
