import { expect, test } from "vitest";
import { reply, startHub } from "../testing/running-hub.ts";

test("media: a file comes back byte for byte under its type and name", async () => {
  const { call, url, token } = await startHub();
  const body = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
  const headers = {
    "content-type": "image/png",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent("фото 😀.png")}`,
  };
  const stored = await call("/v1/media", { method: "POST", body, headers });
  expect(stored.body).toEqual({ id: "media-1", mime: "image/png", name: "фото 😀.png", bytes: 1024 });
  const response = await fetch(`${url}/v1/media/media-1`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.headers.get("content-type")).toBe("image/png");
  expect(response.headers.get("content-length")).toBe("1024");
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(body);
});

test("media: a JSON file is bytes like any other, and can be sent", async () => {
  const { call } = await startHub();
  const file = await call("/v1/media", {
    method: "POST",
    body: "{broken",
    headers: { "content-type": "application/json" },
  });
  const json = { ...reply, type: "media", media: [{ id: file.body.id, caption: "see this" }] };
  const sent = await call("/v1/channels/sms/messages", { method: "POST", json, headers: { "idempotency-key": "k" } });
  expect([file.status, sent.status]).toEqual([201, 202]);
});

test("media: all files together are bounded", async () => {
  const { call } = await startHub({ mediaTotalBytesMax: 10 });
  const statusOf = async (body: string) => (await call("/v1/media", { method: "POST", body })).status;
  expect([await statusOf("x".repeat(8)), await statusOf("xxx"), await statusOf("xx")]).toEqual([201, 413, 201]);
});
