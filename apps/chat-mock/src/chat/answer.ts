import { type Session, system } from "../session.ts";

/** What an operation answers with HTTP 200: JSON in the one response shape, or a file's bytes. */
export type Answer = { kind: "json"; json: string } | { kind: "file"; name: string; mime: string; bytes: Uint8Array };

export interface Extras {
  /** JSON of transcript events, in order. */
  events?: readonly string[];
  /** Top-level user data. */
  userData?: Record<string, string>;
}

/** statusCode 0. Built by hand because the events are stored as JSON and go out as they are. */
export function successAnswer(session: Session, { events = [], userData }: Extras = {}): Answer {
  const { chatId, alias, userId, secureKey, endedBy, nextIndex } = session;
  const known = {
    statusCode: 0,
    alias,
    userId,
    secureKey,
    chatId,
    chatEnded: endedBy !== null,
    nextPosition: nextIndex,
    ...(userData && { userData }),
  };
  const json = JSON.stringify(known);
  return { kind: "json", json: `${json.slice(0, -1)},"messages":[${events.join(",")}]}` };
}

/** statusCode 1 or 2: nothing else of it can be trusted. */
export function refusal(refused: { statusCode: 1 | 2; chatId: string; chatEnded: boolean; advice: string }): Answer {
  const { advice, ...known } = refused;
  const json = JSON.stringify({ ...known, messages: [], errors: [{ code: known.statusCode, advice }] });
  return { kind: "json", json };
}

/** statusCode 2 of a session that is not there (any more) or not the client's; the two are not told apart. */
export function unknownSession(chatId: string): Answer {
  return refusal({ statusCode: 2, chatId, chatEnded: true, advice: "no such chat, or another secureKey" });
}

/** statusCode 2 of an operation that changes a session which has ended. */
export function endedSession(session: Session): Answer {
  const advice = `the chat was ended by ${session.endedBy}`;
  return refusal({ statusCode: 2, chatId: session.chatId, chatEnded: true, advice });
}

/** statusCode 2 of a session that goes on. */
export function refusedBy(session: Session, advice: string): Answer {
  return refusal({ statusCode: 2, chatId: session.chatId, chatEnded: session.endedBy !== null, advice });
}

/** JSON of the notice that answers a question about limits; it is not part of the transcript. */
export function limitsNotice(limits: Record<string, string>): string {
  return JSON.stringify({
    from: system,
    type: "Notice",
    text: "file-client-cfg-get",
    userData: limits,
  });
}
