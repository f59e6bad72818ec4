/** What stands wherever a secret was. */
export const redacted = "<redacted>";

const shownCharactersMax = 80;

/** A text that is no secret by itself, without the credentials that a URL in it carries (user part and query values). */
export function withoutCredentials(text: string): string {
  return hideQuery(text.replace(/([a-z][a-z0-9+.-]*:\/\/).*@/gis, `$1${redacted}@`));
}

/**
 * A value that was refused, for a person to recognise. A refused text may be a URL that lost its scheme, so everything
 * up to the last @ goes.
 */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a map";
  const text = hideQuery(
    String(value as string | number | boolean).replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${redacted}@`),
  );
  const cut = text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}...` : text;
  return /^[\w.+-]+$/.test(cut) ? cut : JSON.stringify(cut);
}

/**
 * A refused value that came out of `${...}`: what was written, and of the value only what cannot be a secret by
 * mistake. Somebody who mixes up two variables must not find a password in the log.
 */
export function shownInterpolated(template: string, value: unknown): string {
  if (typeof value !== "string") return template;
  const isNumber = /^-?\d{1,9}(\.\d{1,9})?$/.test(value) && !template.includes("${file:");
  return isNumber ? `${template} = ${value}` : `${template} = a text of ${value.length} characters`;
}

function hideQuery(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text.replace(/([?&][^=&#]*=)[^&#]*/g, `$1${redacted}`) : text;
}
