import type { ChatHandle } from "@dms/protocol";
import {
  type Authority,
  type CallTrace,
  type Chat,
  type ChatFile,
  type ChatOpening,
  type ChatTurn,
  type Clock,
  failed,
  type FileContent,
  type Outcome,
  type Random,
  type TrustSource,
  unaddressable,
} from "@dms/rules";
import { readCreated, readFile, readTurn } from "./chat-answer.ts";
import { callChat, type ChatCall, type ChatCaller } from "./chat-call.ts";
import { ByteBudget, createDispatcher, type OutsideCall, pathSegment } from "@dms/http-client";
import { type Form, multipartForm, sessionFields, urlencodedForm } from "./form.ts";
import { ServerChoice, withoutSlash } from "./server-choice.ts";
import { ServerLine } from "./server-line.ts";

export interface ChatClientOptions {
  /** Base URLs of the chat servers, as in `http://host:port/genesys`. */
  servers: string[];
  /** The service's name in every path. */
  service: string;
  /** How long a call may take, however many servers it tries. */
  timeoutMs: number;
  /** How long a post, or a file, that has left is waited for before it counts as unanswered; `timeoutMs` where that is longer. */
  answerTimeoutMs: number;
  /** Sent with every call, for example `x-api-key`. */
  headers?: Record<string, string>;
  /** For HTTP Basic; used when given. */
  username?: string;
  password?: string;
  /** URL of an HTTP proxy, with credentials if it wants them, and hosts that are reached without it. */
  proxy?: string;
  noProxy?: string;
  /** For `https` servers. */
  trust?: TrustSource | undefined;
  /** Connections to each server at most. */
  connections: number;
  /** An answer larger than this is given up with the code `oversize`; files have a bound of their own. */
  answerBytesMax?: number;
  fileBytesMax?: number;
  clock: Clock;
  random: Random;
  onCall?: (call: OutsideCall) => void;
  trace?: CallTrace | undefined;
}

const answerBytesMaxDefault = 16_777_216;
const fileBytesMaxDefault = 67_108_864;
/** All answers under way together. */
const answersBytesMax = 268_435_456;
const boundaryLength = 40;

export type ChatClient = Chat & {
  /** Every configured server, whether it is avoided now, and how many calls may be under way there. */
  servers(): { server: string; isSuspect: boolean; callsMax: number }[];
  close(): Promise<void>;
};

/**
 * The chat servers by Chat API Version 2 over HTTP. Calls never reject: what goes wrong is a classified failure. A post whose
 * outcome is unknown is never repeated here. `close` ends the calls under way and closes the connections.
 */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const caller = createCaller(options);
  const base = `/2/chat/${encodeURIComponent(options.service)}`;
  return {
    ...callsOf(caller, base, options),
    servers: () =>
      caller.choice.sightings().map((sighting) => {
        const callsMax = caller.lines.get(sighting.server)?.limit ?? 0;
        return { ...sighting, callsMax };
      }),
    close: () => caller.dispatcher.destroy(),
  };
}

/** Headers by which a call names its authority, as `docs/adr/0014-name-the-grant.md` explains. */
function authorityHeaders({ member, grant }: Authority): Record<string, string> {
  return { "x-dms-member": member, "x-dms-grant": grant };
}

function callsOf(caller: ChatCaller, base: string, options: Pick<ChatClientOptions, "clock" | "random">): Chat {
  const { clock, random } = options;
  const session = (call: SessionCall, signal: AbortSignal) => callSession(caller, base, { ...call, signal });
  return {
    create: (opening, signal) => callChat(caller, createCall(caller, base, opening), signal),
    send: (handle, { text, messageType, position }, signal) => {
      const fields = [["message", text], ["messageType", messageType], transcript(position)] as [string, string][];
      return session(
        { handle, operation: "send", path: "/send", fields, wantsEvents: position > 0, isPatient: true },
        signal,
      );
    },
    refresh: (handle, position, signal) => {
      const spec = {
        operation: "refresh",
        path: "/refresh",
        fields: [transcript(position)],
        wantsEvents: position > 0,
      };
      return session({ handle, ...spec, isRepeatable: true }, signal);
    },
    typing: (handle, isTyping, signal) => {
      const path = isTyping ? "/startTyping" : "/stopTyping";
      return session({ handle, operation: "typing", path, isRepeatable: true }, signal);
    },
    upload: (handle, file, signal) => {
      const form = multipartForm(sessionFields(handle), file, random.token(boundaryLength));
      return session({ handle, operation: "upload", path: "/file", form, isPatient: true, carriesFile: true }, signal);
    },
    download: (handle, file, signal) => {
      const call = downloadCall(caller, base, { handle, file, clock });
      return call === null ? Promise.resolve(failed(unaddressable("chat download"))) : callChat(caller, call, signal);
    },
    update: (handle, userData, signal) => {
      const fields = Object.entries(userData).map(([key, value]): [string, string] => [`userData[${key}]`, value]);
      return session({ handle, operation: "update", path: "/updateData", fields, isRepeatable: true }, signal);
    },
    disconnect: (handle, signal) =>
      session({ handle, operation: "disconnect", path: "/disconnect", isRepeatable: true }, signal),
    under: (authority) => {
      const headers = { ...caller.headers, ...authorityHeaders(authority) };
      return callsOf({ ...caller, headers, mayLeave: () => authority.stands() }, base, options);
    },
  };
}

function createCaller(options: ChatClientOptions): ChatCaller {
  const { clock, timeoutMs, connections, username, proxy, noProxy, trust, onCall, trace } = options;
  const credentials = Buffer.from(`${username ?? ""}:${options.password ?? ""}`).toString("base64");
  const choice = new ServerChoice(options);
  return {
    dispatcher: createDispatcher({ connections, timeoutMs, proxy, noProxy, trust }),
    choice,
    lines: new Map(choice.sightings().map(({ server }) => [server, new ServerLine({ clock, timeoutMs, connections })])),
    mayLeave: () => true,
    headers: { ...options.headers, ...(username === undefined ? {} : { authorization: `Basic ${credentials}` }) },
    clock,
    timeoutMs,
    answerMs: Math.max(timeoutMs, options.answerTimeoutMs),
    answerBytesMax: options.answerBytesMax ?? answerBytesMaxDefault,
    fileBytesMax: options.fileBytesMax ?? fileBytesMaxDefault,
    budget: new ByteBudget(answersBytesMax),
    watch: { target: "chat", clock, onCall, trace },
  };
}

function createCall(caller: ChatCaller, base: string, opening: ChatOpening): ChatCall<ChatTurn> {
  const fields: [string, string][] = [["nickname", opening.nickname]];
  if (opening.subject !== undefined) fields.push(["subject", opening.subject]);
  for (const [key, value] of Object.entries(opening.userData)) fields.push([`userData[${key}]`, value]);
  return {
    operation: "create",
    path: base,
    form: urlencodedForm(fields),
    servers: caller.choice.forCreation((server) => caller.lines.get(server)?.isFree !== false),
    isRepeatable: false,
    read: (answer, server) => readCreated(answer, { operation: "create", server, wallMs: caller.clock.wall() }),
  };
}

interface SessionCall {
  handle: ChatHandle;
  operation: string;
  /** Below the session's path. */
  path: string;
  /** Besides those that name the session. */
  fields?: [string, string][];
  /** In place of the fields. */
  form?: Form;
  isRepeatable?: boolean;
  isPatient?: boolean;
  carriesFile?: boolean;
  wantsEvents?: boolean;
}

function callSession(
  caller: ChatCaller,
  base: string,
  call: SessionCall & { signal: AbortSignal },
): Promise<Outcome<ChatTurn>> {
  const { handle, operation, isRepeatable = false, isPatient = false, carriesFile = false, wantsEvents = false } = call;
  const servers = caller.choice.forSession(handle.server, isRepeatable);
  const own = withoutSlash(handle.server);
  // Who is asked after a post is in doubt; and an operator who took a server away means what the others say.
  const isHearsay = (server: string): boolean => isRepeatable && server !== own && servers.includes(own);
  const spec: ChatCall<ChatTurn> = {
    operation,
    path: sessionPath(base, handle) + call.path,
    form: call.form ?? urlencodedForm([...sessionFields(handle), ...(call.fields ?? [])]),
    servers,
    isRepeatable,
    isPatient,
    carriesFile,
    read: (answer, server) => {
      const wallMs = caller.clock.wall();
      return readTurn(answer, { operation, server, wallMs, handle, wantsEvents, isHearsay: isHearsay(server) });
    },
  };
  return callChat(caller, spec, call.signal);
}

function downloadCall(
  caller: ChatCaller,
  base: string,
  { handle, file, clock }: { handle: ChatHandle; file: ChatFile; clock: Clock },
): ChatCall<FileContent> | null {
  const { id: fileId, bytesMax = caller.fileBytesMax } = file;
  const segment = pathSegment(fileId);
  if (segment === null) return null;
  return {
    operation: "download",
    path: `${sessionPath(base, handle)}/file/${segment}/download`,
    bytesMax: Math.min(bytesMax, caller.fileBytesMax),
    form: urlencodedForm(sessionFields(handle)),
    servers: caller.choice.forSession(handle.server, true),
    isRepeatable: true,
    isPatient: true,
    carriesFile: true,
    read: (answer, server) => readFile(answer, { operation: "download", server, wallMs: clock.wall(), fileId }),
  };
}

function sessionPath(base: string, handle: ChatHandle): string {
  // Looked at when the session was created; a record may come from elsewhere.
  return `${base}/${encodeURIComponent(handle.chatId.toWellFormed())}`;
}

/** Always said: without it a server may give the whole transcript. */
function transcript(position: number): [string, string] {
  return ["transcriptPosition", String(position)];
}
