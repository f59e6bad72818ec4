import type { AddressInfo } from "node:net";
import { systemRandom } from "@dms/runtime";
import { onTestFinished, vi } from "vitest";
import type { LedgerReport } from "../admin/ledger.ts";
import { createHubMock, type HubMock } from "../app.ts";
import type { HubMockOptions } from "../options.ts";
import { ManualClock } from "./manual-clock.ts";

export const basic = `Basic ${Buffer.from("dms:secret").toString("base64")}`;

/** What a call answered; `body` is parsed when it is JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  // Each test knows the shape that it asked for.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  body?: string | Uint8Array<ArrayBuffer>;
  signal?: AbortSignal;
}

/** A hub mock that listens on a free port, on a clock of the test's own. */
export interface RunningHub {
  clock: ManualClock;
  mock: HubMock;
  url: string;
  token: string;
  /** Calls with the token. */
  call: (path: string, call?: Call) => Promise<Answer>;
  receive: (...texts: string[]) => Promise<{ sequence: number; id: string }[]>;
  ledger: () => Promise<LedgerReport>;
  close: () => Promise<void>;
}

/** Starts a hub with the channels `whatsapp` and `sms`; it stops when the test is finished. */
export async function startHub(options: Partial<HubMockOptions> = {}): Promise<RunningHub> {
  const clock = new ManualClock();
  const client = { clientId: "dms", clientSecret: "secret" };
  const mock = createHubMock({ clock, random: systemRandom, channels: ["whatsapp", "sms"], ...client, ...options });
  await mock.app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(mock.app.server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => mock.app.close();
  onTestFinished(close);
  const token = (await getToken(url)).body.access_token;
  const call: RunningHub["call"] = (path, request = {}) =>
    callAt(`${url}${path}`, { ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } });
  return {
    clock,
    mock,
    url,
    token,
    call,
    receive: async (...texts) => {
      const json = { channel: "whatsapp", messages: texts.map(textMessage) };
      return (await call("/admin/messages", { method: "POST", json })).body.messages;
    },
    ledger: async () => (await call("/admin/ledger")).body,
    close,
  };
}

export function getToken(url: string, form = "grant_type=client_credentials", authorization = basic): Promise<Answer> {
  const headers = { "content-type": "application/x-www-form-urlencoded", authorization };
  return callAt(`${url}/oauth/token`, { method: "POST", headers, body: form });
}

export async function callAt(url: string, { json, ...request }: Call): Promise<Answer> {
  const body = json === undefined ? request.body : JSON.stringify(json);
  const headers = { ...(json === undefined ? {} : { "content-type": "application/json" }), ...request.headers };
  const response = await fetch(url, { ...request, headers, ...(body === undefined ? {} : { body }) });
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? await response.json() : await response.text(),
  };
}

/** Waits for what the hub does on its own account; patient, because the machine may be busy. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 4000, interval: 5 });
}

export function textMessage(text: string): Record<string, unknown> {
  return { conversationId: "c1", type: "text", from: { id: "anna" }, to: { id: "shop" }, text };
}

export const reply = { conversationId: "c1", from: "shop", to: "anna", type: "text", text: "Hello Anna" };
