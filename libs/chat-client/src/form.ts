import type { ChatHandle } from "@dms/protocol";
import type { FileContent } from "@dms/rules";

/** A request's body with its content type. */
export interface Form {
  contentType: string;
  body: Uint8Array | string;
}

export function urlencodedForm(fields: readonly [name: string, value: string][]): Form {
  const parameters = new URLSearchParams();
  for (const [name, value] of fields) parameters.append(name, value);
  return { contentType: "application/x-www-form-urlencoded;charset=UTF-8", body: parameters.toString() };
}

/** `boundary` must not occur in the fields or in the file; a random token does not. */
export function multipartForm(
  fields: readonly [name: string, value: string][],
  file: FileContent,
  boundary: string,
): Form {
  const parts = fields.map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  const mime = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+/.test(file.mime) ? file.mime.replaceAll(/[\r\n]/g, "") : defaultMime;
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quoted(file.name)}"\r\ncontent-type: ${mime}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(parts.join("") + head), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}

const defaultMime = "application/octet-stream";

/** As browsers write names in a multipart form. */
function quoted(name: string): string {
  return name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
}

/** What names the session to the chat server: the secure key always, the deprecated two when known. */
export function sessionFields(handle: ChatHandle): [string, string][] {
  const fields: [string, string][] = [["secureKey", handle.secureKey]];
  if (handle.userId !== "") fields.push(["userId", handle.userId]);
  if (handle.alias !== "") fields.push(["alias", handle.alias]);
  return fields;
}
