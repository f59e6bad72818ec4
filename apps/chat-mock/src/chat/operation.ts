import { z } from "zod";
import type { FaultedOperation } from "../faults.ts";
import type { ChatMockSettings } from "../options.ts";
import type { AgentPlanner } from "../agents/agent-planner.ts";
import type { Caller, Session } from "../session.ts";
import type { Sessions } from "../sessions.ts";
import type { Store } from "../store/store.ts";
import { type Answer, endedSession, unknownSession } from "./answer.ts";
import type { Form } from "./form.ts";
import { readParameters } from "./parameters.ts";

/** One request, its path and body taken apart; a path that has no chat or file leaves them "". */
export interface Call extends Form {
  service: string;
  chatId: string;
  fileId: string;
  /** Who says to have made it; null where nobody does. */
  caller: Caller | null;
}

/** One operation of c.1. `path` comes after `<base>/2/chat`. */
export interface Operation {
  path: string;
  faulted: FaultedOperation;
  isMultipartTaken?: boolean;
  /** Executes at once and whole; throws RequestFault for parameters that are missing or wrong. */
  execute(call: Call): Answer;
}

export interface OperationParts {
  store: Store;
  settings: ChatMockSettings;
  sessions: Sessions;
  planner: AgentPlanner;
}

/** What every operation after create carries. userId and alias are deprecated: taken, and not compared. */
export const keySchema = z.object({ secureKey: z.string().min(1) });

export function keyOf(call: Call): { chatId: string; secureKey: string } {
  return { chatId: call.chatId, secureKey: readParameters(keySchema, call.parameters).secureKey };
}

/** Runs `act` on the call's session, ended or not, in one transaction; statusCode 2 when there is no such session. */
export function onSession(parts: OperationParts, call: Call, act: (session: Session) => Answer): Answer {
  const key = keyOf(call);
  const { store, sessions } = parts;
  return store.write(() => {
    const session = sessions.arrive(key);
    if (session === null) return unknownSession(call.chatId);
    const answer = act(session);
    store.sessions.save(session);
    return answer;
  });
}

/** As `onSession`, for what only an open session can do: statusCode 2 and chatEnded once it has ended. */
export function onOpenSession(parts: OperationParts, call: Call, act: (session: Session) => Answer): Answer {
  return onSession(parts, call, (session) => (session.endedBy === null ? act(session) : endedSession(session)));
}
