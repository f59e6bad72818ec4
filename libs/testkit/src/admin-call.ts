/** One call to the admin interface of a mock. Throws when the mock is not there, is late, or does not agree. */
export async function adminCall<Answer>(
  base: string,
  path: string,
  options: { method?: string; body?: unknown; timeoutMs?: number } = {},
): Promise<Answer> {
  const { method = "GET", body, timeoutMs = 5000 } = options;
  const response = await fetch(`${base}/admin${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${base}/admin${path}: ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as Answer;
}
