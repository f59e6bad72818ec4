import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { callAt, getToken, startHub } from "../testing/running-hub.ts";

const path = "/v1/channels/whatsapp/messages";

test("token: one that has expired or was revoked is a 401 problem, and another is good", async () => {
  const { call, clock, url } = await startHub({ tokenSeconds: 60 });
  clock.advance(59_999);
  expect((await call(path)).status).toBe(200);
  clock.advance(1);
  const expired = await call(path);
  expect([expired.status, expired.headers.get("www-authenticate")]).toEqual([401, 'Bearer error="invalid_token"']);
  const authorization = `Bearer ${(await getToken(url)).body.access_token}`;
  expect((await call(path, { headers: { authorization } })).status).toBe(200);
  expect((await call("/admin/tokens/revoke", { method: "POST" })).body).toEqual({ revoked: 1 });
  expect((await call(path, { headers: { authorization } })).status).toBe(401);
});

test("token: a secret with reserved characters is taken raw and as a form encodes it", async () => {
  const { url } = await startHub({ clientSecret: "a+b:c%20 d" });
  const ask = async (pair: string) =>
    (await getToken(url, undefined, `Basic ${Buffer.from(pair).toString("base64")}`)).status;
  expect(await ask("dms:a+b:c%20 d")).toBe(200);
  expect(await ask("dms:a%2Bb%3Ac%2520+d")).toBe(200);
  expect(await ask("dms:a b:c%20 d")).toBe(401);
});

test("problem: unknown routes, bad addresses and what is not HTTP at all", async () => {
  const { call, url } = await startHub();
  for (const [bad, status] of [
    ["/v2/none", 404],
    ["/v1/channels/%zz/messages", 400],
    ["/oauth/token", 404],
  ] as const) {
    const answer = await call(bad);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body).toMatchObject({ status });
  }
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.end("NONSENSE\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
});

test("token: a request without authorization is told what to send", async () => {
  const { url } = await startHub();
  expect(await callAt(`${url}${path}`, {})).toMatchObject({
    status: 401,
    body: { detail: expect.stringContaining("Bearer") },
  });
});
