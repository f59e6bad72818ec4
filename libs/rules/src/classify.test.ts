import { describe, expect, it } from "vitest";
import { type Audience, classify, retryAfterMs } from "./classify.ts";

const audiences: Audience[] = ["hub", "hub-file", "chat-create", "chat-session", "chat-file"];

const statusTable: [status: number, audience: Audience, verdict: string, executed: string][] = [
  [204, "hub", "retry", "unknown"],
  [302, "hub", "retry", "unknown"],
  [400, "hub", "reject", "no"],
  [401, "hub", "retry", "unknown"],
  [403, "chat-session", "retry", "unknown"],
  [404, "hub", "reject", "no"],
  [404, "chat-create", "retry", "no"],
  [404, "chat-session", "ended", "no"],
  [404, "chat-file", "reject", "no"],
  [408, "chat-session", "retry", "unknown"],
  [409, "hub", "conflict", "no"],
  [409, "chat-session", "retry", "unknown"],
  [410, "chat-session", "ended", "no"],
  [413, "chat-session", "reject", "no"],
  [415, "chat-create", "reject", "no"],
  [422, "hub", "reject", "no"],
  [429, "hub", "retry", "no"],
  [500, "chat-session", "retry", "unknown"],
  [502, "hub", "retry", "unknown"],
  [503, "chat-session", "retry", "unknown"],
  [503, "chat-create", "retry", "no"],
  [503, "hub", "retry", "no"],
  [504, "chat-create", "retry", "unknown"],
];

const errorTable: [errorCode: string, isSent: boolean, verdict: string, executed: string, code: string][] = [
  ["ECONNREFUSED", false, "retry", "no", "refused"],
  ["ENOTFOUND", false, "retry", "no", "refused"],
  ["EHOSTUNREACH", false, "retry", "no", "refused"],
  ["EHOSTUNREACH", true, "retry", "unknown", "reset"],
  ["UND_ERR_CONNECT_TIMEOUT", false, "retry", "no", "refused"],
  ["ECONNRESET", true, "retry", "unknown", "reset"],
  ["UND_ERR_SOCKET", true, "retry", "unknown", "reset"],
  ["HPE_INVALID_CONSTANT", true, "retry", "unknown", "reset"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", false, "retry", "no", "tls"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", false, "retry", "no", "tls"],
  ["UND_ERR_INVALID_ARG", false, "retry", "no", "unsendable"],
  ["UND_ERR_INVALID_ARG", true, "retry", "unknown", "reset"],
  ["UND_ERR_DESTROYED", true, "retry", "unknown", "aborted"],
  ["UND_ERR_CLOSED", false, "retry", "no", "aborted"],
  ["", false, "retry", "no", "refused"],
  ["SOMETHING_NEW", true, "retry", "unknown", "reset"],
];

describe("classify", () => {
  it.each(statusTable)("classify: HTTP %i for %s is %s, executed %s", (status, audience, verdict, executed) => {
    const failure = classify({ kind: "status", status, isOwnForm: true }, audience, "call");
    expect(failure).toMatchObject({ verdict, executed, code: `http-${status}` });
  });

  it.each([404, 410])("classify: HTTP %i in a session that is not the API's own answer may pass", (status) => {
    const failure = classify({ kind: "status", status, isOwnForm: false }, "chat-session", "look");
    expect(failure).toMatchObject({ verdict: "retry", executed: "no", isUnknownSession: true, code: `http-${status}` });
    expect(failure.detail).toBe(`look: answered HTTP ${status}; not the Chat API's own answer`);
    const own = classify({ kind: "status", status, isOwnForm: true }, "chat-session", "look");
    expect(own).not.toHaveProperty("isUnknownSession");
  });

  it("classify: every status from 100 to 599 has a verdict for everybody, and only the request's own faults are rejected", () => {
    const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);
    for (const audience of audiences) {
      const judged = statuses.map((status) => ({
        status,
        ...classify({ kind: "status", status, isOwnForm: true }, audience, "call"),
      }));
      const rejected = judged.filter(({ verdict }) => verdict === "reject").map(({ status }) => status);
      const others = judged.filter(({ verdict }) => verdict === "ended" || verdict === "conflict");
      expect(rejected).toEqual(
        audience.startsWith("hub") || audience === "chat-file" ? [400, 404, 410, 413, 415, 422] : [400, 413, 415, 422],
      );
      expect(others.map(({ status }) => status)).toEqual(
        { hub: [409], "hub-file": [], "chat-create": [], "chat-session": [404, 410], "chat-file": [] }[audience],
      );
    }
  });

  it.each(errorTable)("classify: %s, sent %s, is %s, executed %s, %s", (errorCode, isSent, verdict, executed, code) => {
    for (const audience of audiences) {
      const failure = classify({ kind: "error", errorCode, isSent }, audience, "call");
      expect(failure).toMatchObject({ verdict, executed, code });
    }
  });

  it("classify: a time-out or an abort before the request left had no effect, after it is unknown", () => {
    for (const kind of ["timeout", "aborted"] as const) {
      expect(classify({ kind, isSent: false }, "hub", "x")).toMatchObject({
        verdict: "retry",
        executed: "no",
        code: kind,
      });
      expect(classify({ kind, isSent: true }, "hub", "x")).toMatchObject({ verdict: "retry", executed: "unknown" });
    }
  });

  it("classify: an answer that cannot be read leaves the outcome unknown", () => {
    expect(classify({ kind: "malformed", fault: "no JSON" }, "hub", "x").executed).toBe("unknown");
    expect(classify({ kind: "oversize", bytesMax: 5 }, "hub", "x")).toMatchObject({
      verdict: "retry",
      code: "oversize",
    });
  });

  it("classify: a file that is too large is refused for good, anything else may be smaller the next time", () => {
    for (const audience of audiences) {
      const isFile = audience.endsWith("-file");
      expect(classify({ kind: "oversize", bytesMax: 5 }, audience, "x")).toMatchObject({
        verdict: isFile ? "reject" : "retry",
        executed: isFile ? "no" : "unknown",
      });
    }
  });

  it("classify: no server can ask for more than five minutes, however it says so", () => {
    const asked = ["300", "301", "86400", "999999999", "9".repeat(400), "Thu, 01 Jan 2099 00:00:00 GMT"];
    expect(asked.map((header) => retryAfterMs(header, 0))).toEqual(asked.map(() => 300_000));
    expect(["299", "0", "-1", "1e9", "soon", ""].map((header) => retryAfterMs(header, 0))).toEqual([
      299_000,
      0,
      expect.anything(),
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("classify: the least time to wait is passed on, and the detail names the call and the remedy", () => {
    const busy = classify({ kind: "status", status: 503, retryAfterMs: 2000 }, "hub", "hub send");
    expect(classify({ kind: "status", status: 503, retryAfterMs: 0 }, "chat-session", "chat send").executed).toBe("no");
    expect(busy.retryAfterMs).toBe(2000);
    const lost = classify({ kind: "status", status: 404, reason: "no such channel" }, "hub", "hub fetch");
    expect(lost.detail).toBe("hub fetch: answered HTTP 404 (no such channel); check the configured address");
    expect("retryAfterMs" in lost).toBe(false);
    expect(classify({ kind: "status", status: 404, isOwnForm: true }, "chat-session", "look").detail).toBe(
      "look: answered HTTP 404",
    );
  });
});

describe("retryAfterMs", () => {
  it("retryAfterMs: reads seconds and dates, never answers a negative time, and ignores what it cannot read", () => {
    const now = Date.parse("Sun, 06 Nov 1994 08:49:30 GMT");
    expect(retryAfterMs("7", now)).toBe(7000);
    expect(retryAfterMs("Sun, 06 Nov 1994 08:49:37 GMT", now)).toBe(7000);
    expect(retryAfterMs("Sun, 06 Nov 1994 08:49:00 GMT", now)).toBe(0);
    expect(retryAfterMs("soon", now)).toBeUndefined();
    expect(retryAfterMs(undefined, now)).toBeUndefined();
  });
});
