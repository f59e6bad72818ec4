/** What stands wherever a secret was. */
export const redacted = "<redacted>";

const secretEnds =
  /(password|passwd|passphrase|secret|token|securekey|apikey|privatekey|credentials?|authorization|cookie)$/;

/** Whether a key names a secret, at any depth and in any spelling (`clientSecret`, `x-api-key`, `access_token`). */
export function isSecretKey(key: string): boolean {
  return secretEnds.test(key.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
}

/** Where a URL's authority ends. */
const authorityEnd = /[\s/?#"'<>\\]/;

/** A text without user names and passwords of URLs in it. One look at each character, whatever the text. */
export function withoutUrlCredentials(text: string): string {
  let shown = "";
  let from = 0;
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", from)) {
    const start = at + 3;
    const length = text.slice(start).search(authorityEnd);
    const authority = length < 0 ? text.slice(start) : text.slice(start, start + length);
    const host = authority.lastIndexOf("@") + 1;
    shown += text.slice(from, start) + (host > 0 ? `${redacted}@` : "");
    from = start + host;
  }
  return shown + text.slice(from);
}
