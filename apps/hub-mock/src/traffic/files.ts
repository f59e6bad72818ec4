import type { Media } from "@dms/protocol";
import type { Ledger } from "../ledger.ts";

/** A whole PNG of one pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const files = [
  { mime: "image/png", name: "photo.png", bytes: pixel },
  { mime: "image/png", name: "скриншот 😀.png", bytes: pixel },
  { mime: "text/plain; charset=utf-8", name: "note.txt", bytes: Buffer.from("Hello, grüß Gott, 你好, 🙏\n") },
  { mime: "application/json", name: "export.json", bytes: Buffer.from('{"order":4711}') },
  { mime: "application/octet-stream", name: undefined, bytes: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) },
  { mime: "application/pdf", name: "invoice.pdf", bytes: Buffer.alloc(256 * 1024, "%PDF-1.7 page\n") },
];

/** Stores the files that a run's messages refer to; without room for them there are none, and then no media messages. */
export function storeFiles(ledger: Ledger): Media[] {
  return files.map((file) => ledger.storeMedia(file)).filter((media) => media !== null);
}
