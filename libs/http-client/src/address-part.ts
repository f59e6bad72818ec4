const lengthMax = 1024;

/**
 * An id that another system chose, as one segment of a path; null for one that cannot be: half a character, which no URL
 * can carry, or dots, which would lead to another place.
 */
export function pathSegment(id: string): string | null {
  if (id === "" || id === "." || id === ".." || id.length > lengthMax || !id.isWellFormed()) return null;
  return encodeURIComponent(id);
}

/** Whether a header can carry a text as it is: one line of Latin-1 characters. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

const nameLengthMax = 255;
/** What breaks a line or a path where a name is shown or stored. */
const unfitForName = /[\p{Cc}\p{Cs}\u2028\u2029/\\]/gu;

/** A file's name as it may be passed on: one line, no path, of bounded length; `fallback` when nothing is left. */
export function plainName(name: string, fallback: string): string {
  const plain = name.replaceAll(unfitForName, "_").slice(-nameLengthMax).toWellFormed().trim();
  return plain === "" || plain === "." || plain === ".." ? fallback : plain;
}

const mimePattern = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:;[\x20-\x7e]{0,200})?$/;

/** A media type as it may stand in a header. */
export function plainMime(mime: string | undefined): string {
  return mime !== undefined && mimePattern.test(mime) ? mime : "application/octet-stream";
}
