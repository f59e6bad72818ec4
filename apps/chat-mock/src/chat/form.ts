import type { FastifyRequest } from "fastify";
import { type Parameters, parametersOf } from "./parameters.ts";
import { RequestFault } from "./request-fault.ts";

/** A file as uploaded. */
export interface UploadedFile {
  name: string;
  mime: string;
  bytes: Uint8Array;
}

/** What a request brings, whichever of the two forms it came in. */
export interface Form {
  parameters: Parameters;
  /** The part named `file`, null without one. */
  file: UploadedFile | null;
}

/** Reads the body. A multipart body that breaks off, or comes where none is taken, is a RequestFault. */
export async function readForm(request: FastifyRequest, isMultipartTaken: boolean): Promise<Form> {
  if (!request.isMultipart()) return { parameters: parametersOf(request.body), file: null };
  if (!isMultipartTaken) throw new RequestFault(415, "this operation takes application/x-www-form-urlencoded only");
  try {
    return await readParts(request);
  } catch (error) {
    const isTooLarge = error instanceof Error && "statusCode" in error && error.statusCode === 413;
    if (isTooLarge) throw new RequestFault(413, "the file is larger than a request may be");
    throw new RequestFault(400, `bad multipart body: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readParts(request: FastifyRequest): Promise<Form> {
  const parameters = new Map<string, string>();
  let file: UploadedFile | null = null;
  for await (const part of request.parts()) {
    if (part.type === "field") {
      parameters.set(part.fieldname, String(part.value));
      continue;
    }
    const bytes = await part.toBuffer();
    // Clients that send every field as a file part exist only with another name than `file`.
    if (part.fieldname === "file") file = { name: part.filename, mime: part.mimetype, bytes };
  }
  return { parameters, file };
}
