import type { LightMyRequestResponse } from "fastify";
import { expect, test } from "vitest";
import { type Bench, type Chat, outline, startBench } from "../testing/bench.ts";

async function upload(
  bench: Bench,
  chat: Chat,
  { name = "a.bin", bytes = Buffer.from([0, 255, 13, 10]) } = {},
): Promise<ReturnType<typeof JSON.parse>> {
  const form = new FormData();
  form.set("secureKey", chat.secureKey);
  form.set("userData[file-description]", "a caption");
  form.set("file", new Blob([bytes], { type: "image/png" }), name);
  const request = new Request("http://127.0.0.1", { method: "POST", body: form });
  const answer = await bench.app.inject({
    method: "POST",
    url: `/genesys/2/chat/support/${chat.chatId}/file`,
    headers: { "content-type": request.headers.get("content-type") ?? "" },
    payload: Buffer.from(await request.arrayBuffer()),
  });
  return answer.json();
}

async function download(bench: Bench, { chatId, secureKey }: Chat, fileId: string): Promise<LightMyRequestResponse> {
  return bench.app.inject({
    method: "POST",
    url: `/genesys/2/chat/support/${chatId}/file/${fileId}/download`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: `secureKey=${secureKey}`,
  });
}

test("upload: answers the file's id, shows the file in the transcript and gives the same bytes back", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const answer = await upload(bench, chat, { name: "naïve ü.png" });
  const fileId = answer.userData["file-id"];
  expect(answer).toMatchObject({ statusCode: 0, nextPosition: 3 });
  const { messages } = await bench.call(chat, "refresh", { transcriptPosition: "2" });
  expect(messages?.[0]).toMatchObject({
    type: "FileUploaded",
    from: { type: "Client" },
    userData: { "file-id": fileId, "file-name": "naïve ü.png", "file-size": "4", "file-description": "a caption" },
  });
  const file = await download(bench, chat, fileId);
  expect(file.rawPayload).toEqual(Buffer.from([0, 255, 13, 10]));
  expect(file.headers).toMatchObject({
    "content-type": "image/png",
    "content-disposition": "attachment; filename*=UTF-8''na%C3%AFve%20%C3%BC.png",
  });
});

test("limits: a notice outside the transcript says what may be used and what was", async () => {
  const bench = await startBench({ fileLimits: { filesMax: 7, types: ["png", "pdf"] } });
  const chat = await bench.open();
  const { userData } = await upload(bench, chat, { name: "a.png" });
  await download(bench, chat, userData["file-id"]);
  const answer = await bench.call(chat, "file/limits");
  expect(outline(answer)).toEqual(["Notice file-client-cfg-get"]);
  expect(answer.messages?.[0]?.userData).toEqual({
    "upload-max-files": "7",
    "upload-max-file-size": "16777216",
    "upload-max-total-size": "134217728",
    "upload-need-agent": "false",
    "upload-file-types": "png:pdf",
    "download-attempts": "1000",
    "used-upload-max-files": "1",
    "used-upload-max-total-size": "4",
    "used-download-attempts": "1",
    "delete-file": "true",
  });
  expect(answer.nextPosition).toBe(3);
});

test.each([
  [{ types: ["pdf"] }],
  [{ fileBytesMax: 3 }],
  [{ filesMax: 0 }],
  [{ totalBytesMax: 3 }],
  [{ needsAgent: true }],
])("upload: over %o it is statusCode 2 and the chat goes on", async (fileLimits) => {
  const bench = await startBench({ fileLimits });
  const chat = await bench.open();
  expect(await upload(bench, chat)).toMatchObject({ statusCode: 2, chatEnded: false });
  expect(await bench.call(chat, "refresh")).toMatchObject({ statusCode: 0, nextPosition: 2 });
});

test("download: an unknown file and one download too many are statusCode 2", async () => {
  const bench = await startBench({ fileLimits: { downloadsMax: 1 } });
  const chat = await bench.open();
  expect((await download(bench, chat, "nothing")).json()).toMatchObject({ statusCode: 2, chatEnded: false });
  const { userData } = await upload(bench, chat);
  expect((await download(bench, chat, userData["file-id"])).rawPayload).toHaveLength(4);
  expect((await download(bench, chat, userData["file-id"])).json()).toMatchObject({ statusCode: 2 });
});

test("delete: the file is gone, once, and the transcript shows it", async () => {
  const bench = await startBench();
  const chat = await bench.open();
  const { userData } = await upload(bench, chat);
  const path = `file/${userData["file-id"]}/delete`;
  expect((await bench.call(chat, path)).statusCode).toBe(0);
  expect((await bench.call(chat, path)).statusCode).toBe(2);
  expect((await download(bench, chat, userData["file-id"])).json()).toMatchObject({ statusCode: 2 });
  expect(outline(await bench.call(chat, "refresh", { transcriptPosition: "3" }))).toEqual(["FileDeleted a.bin"]);
});

test("upload: without the part named file, or not as multipart, it is HTTP 400", async () => {
  const bench = await startBench();
  const { chatId, secureKey } = await bench.open();
  expect((await bench.post(`support/${chatId}/file`, { secureKey })).status).toBe(400);
});

test("upload: a file beyond what a request may be is HTTP 413", async () => {
  const bench = await startBench({ bodyBytesMax: 1000 });
  const chat = await bench.open();
  expect(await upload(bench, chat, { bytes: Buffer.alloc(2000) })).toMatchObject({ errors: [{ code: 413 }] });
});
