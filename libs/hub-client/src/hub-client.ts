import { acceptedSchema, confirmedSchema, type Media, mediaSchema } from "@dms/protocol";
import {
  type CallTrace,
  type Clock,
  failed,
  type FileContent,
  type Hub,
  type TrustSource,
  unaddressable,
} from "@dms/rules";
import {
  type Answer,
  ByteBudget,
  createDispatcher,
  type OutsideCall,
  parseBody,
  isHeaderValue,
  pathSegment,
  plainMime,
  plainName,
} from "@dms/http-client";
import { parseFetchedBatch } from "./fetched-batch.ts";
import { callHub, type HubCall, type HubCaller } from "./hub-call.ts";
import { TokenSource } from "./token-source.ts";

export interface HubClientOptions {
  /** Base URL of the hub, with or without a slash at its end. */
  url: string;
  /** Default: `<url>/oauth/token`. */
  tokenUrl?: string;
  channelId: string;
  clientId: string;
  clientSecret: string;
  /** How long a call may take; a fetch may take its `waitMs` more. */
  timeoutMs: number;
  /** How long a call may take that carries a file; `timeoutMs` where that is longer. */
  fileTimeoutMs?: number;
  /** URL of an HTTP proxy, with credentials if it wants them, and hosts that are reached without it. */
  proxy?: string;
  noProxy?: string;
  /** For an `https` hub. */
  trust?: TrustSource | undefined;
  clock: Clock;
  /** Connections to the hub at most. Default 32. */
  connections?: number;
  /** An answer larger than this is given up with the code `oversize`; files have a bound of their own. */
  answerBytesMax?: number;
  mediaBytesMax?: number;
  onCall?: (call: OutsideCall) => void;
  trace?: CallTrace | undefined;
}

const connectionsDefault = 32;
const answerBytesMaxDefault = 33_554_432;
const mediaBytesMaxDefault = 134_217_728;
/** All answers under way together. */
const answersBytesMax = 536_870_912;
const jsonBody = { "content-type": "application/json" };

/**
 * The hub by the Hub contract (`hub.openapi.yaml`). Calls never reject: what goes wrong is a classified failure. `close` ends
 * the calls under way and closes the connections.
 */
export function createHubClient(options: HubClientOptions): Hub & { close(): Promise<void> } {
  const caller = createCaller(options);
  const channel = `/v1/channels/${encodeURIComponent(options.channelId)}`;
  const call = <T>(spec: HubCall<T>, signal: AbortSignal) => callHub(caller, spec, signal);
  return {
    fetch: (query, signal) => call(fetchCall(channel, query), signal),
    confirm: (upTo, signal) =>
      call(
        {
          ...post("confirm", `${channel}/messages/confirm`, { upTo }),
          read: (answer) => picked(parseBody(confirmedSchema, answer.bytes), (body) => body.confirmedUpTo),
        },
        signal,
      ),
    send: (message, idempotencyKey, signal) => {
      // It holds the chat server's id of the session.
      if (!isHeaderValue(idempotencyKey)) return Promise.resolve(failed(unaddressable("hub send")));
      const headers = { ...jsonBody, "idempotency-key": idempotencyKey };
      return call({ ...post("send", `${channel}/messages`, message), headers, read: readAccepted }, signal);
    },
    activity: (activity, signal) =>
      call({ ...post("activity", `${channel}/activity`, activity), read: () => ({ value: null }) }, signal),
    upload: (file, signal) => call(uploadCall(file), signal),
    download: (media, signal, bytesMax = Number.POSITIVE_INFINITY) => {
      const id = pathSegment(media.id);
      if (id === null) return Promise.resolve(failed(unaddressable("hub download")));
      const carried = {
        bytesMax: Math.min(bytesMax, caller.mediaBytesMax),
        audience: "hub-file",
        carriesFile: true,
      } as const;
      return call({ ...downloadCall(media, id), ...carried }, signal);
    },
    close: () => caller.dispatcher.destroy(),
  };
}

function createCaller(options: HubClientOptions): HubCaller {
  const { clock, timeoutMs, clientId, clientSecret, proxy, noProxy, trust, onCall, trace } = options;
  const connections = options.connections ?? connectionsDefault;
  const dispatcher = createDispatcher({ connections, timeoutMs, proxy, noProxy, trust });
  const watch = { target: "hub", clock, onCall, trace } as const;
  const baseUrl = options.url.replace(/\/+$/, "");
  const tokenUrl = new URL(options.tokenUrl ?? `${baseUrl}/oauth/token`);
  const tokens = new TokenSource({ dispatcher, tokenUrl, clientId, clientSecret, timeoutMs, clock, watch });
  const { answerBytesMax = answerBytesMaxDefault, mediaBytesMax = mediaBytesMaxDefault } = options;
  const budget = new ByteBudget(answersBytesMax);
  const fileMs = Math.max(timeoutMs, options.fileTimeoutMs ?? 0);
  return { dispatcher, baseUrl, tokens, clock, timeoutMs, fileMs, answerBytesMax, mediaBytesMax, budget, watch };
}

function post(operation: string, path: string, body: unknown): Omit<HubCall<never>, "read"> {
  return { operation, method: "POST", path, headers: jsonBody, body: JSON.stringify(body) };
}

function fetchCall(channel: string, query: { after: number | null; limit: number; waitMs: number }) {
  const parameters = new URLSearchParams({ limit: String(query.limit), waitMs: String(query.waitMs) });
  if (query.after !== null) parameters.set("after", String(query.after));
  return {
    operation: "fetch",
    method: "GET",
    path: `${channel}/messages?${parameters.toString()}`,
    waitMs: query.waitMs,
    read: (answer: Answer) => parseFetchedBatch(answer.bytes, query),
  } as const;
}

function readAccepted(answer: Answer): { value: { id: string; replayed: boolean } } | { fault: string } {
  const replayed = answer.headers["idempotency-replayed"] === "true";
  return picked(parseBody(acceptedSchema, answer.bytes), ({ id }) => ({ id, replayed }));
}

/** The contract has no place for the file's name, so the answer's media is completed with what the caller knows. */
function uploadCall(file: FileContent): HubCall<Media> {
  const known = { name: file.name, mime: file.mime, bytes: file.bytes.length };
  return {
    operation: "upload",
    method: "POST",
    path: "/v1/media",
    headers: { "content-type": plainMime(file.mime) },
    body: file.bytes,
    carriesFile: true,
    read: (answer) => picked(parseBody(mediaSchema, answer.bytes), (media) => ({ ...known, ...media })),
  };
}

function downloadCall(media: Media, id: string): HubCall<FileContent> {
  return {
    operation: "download",
    method: "GET",
    path: `/v1/media/${id}`,
    read: ({ headers, bytes }) => {
      const mime = plainMime(headers["content-type"] ?? media.mime);
      return { value: { name: plainName(media.name ?? media.id, "file"), mime, bytes } };
    },
  };
}

function picked<T, U>(read: { value: T } | { fault: string }, pick: (value: T) => U): { value: U } | { fault: string } {
  return "fault" in read ? read : { value: pick(read.value) };
}
