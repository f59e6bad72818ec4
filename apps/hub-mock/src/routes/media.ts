import type { FastifyInstance } from "fastify";
import type { Guard } from "../guard.ts";
import type { Ledger } from "../ledger.ts";
import { Problem } from "../problem.ts";

export interface MediaRoutesOptions {
  guard: Guard;
  ledger: Ledger;
  mediaBytesMax: number;
}

/** `POST /v1/media` and `GET /v1/media/{mediaId}`. A plugin of its own, because here every body is bytes, JSON too. */
export async function mediaRoutes(app: FastifyInstance, options: MediaRoutesOptions): Promise<void> {
  const { guard, ledger, mediaBytesMax } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: mediaBytesMax }, (_request, body, done) => {
    done(null, body);
  });
  app.post("/v1/media", { ...guard("media"), bodyLimit: mediaBytesMax }, async (request, reply) => {
    const bytes = request.body;
    if (!Buffer.isBuffer(bytes) || bytes.length === 0) throw new Problem(400, "The body is the file, and it is empty.");
    const mime = request.headers["content-type"] ?? "application/octet-stream";
    const media = ledger.storeMedia({ mime, name: nameOf(request.headers["content-disposition"]), bytes });
    if (media === null) throw new Problem(413, "The hub mock holds as many files as it may (mediaTotalBytesMax).");
    return reply.code(201).send(media);
  });
  app.get("/v1/media/:mediaId", guard("media"), async (request, reply) => {
    const { mediaId } = request.params as { mediaId: string };
    const stored = ledger.media(mediaId);
    if (stored === undefined) throw new Problem(404, `There is no media ${mediaId}.`);
    const { name, mime } = stored.media;
    if (name !== undefined) {
      void reply.header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}`);
    }
    return reply.header("content-type", mime).send(stored.bytes);
  });
}

/** The file name of a Content-Disposition header, in either of its two spellings. */
function nameOf(disposition: string | undefined): string | undefined {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1];
  try {
    return extended === undefined ? plain : decodeURIComponent(extended);
  } catch {
    return plain;
  }
}
