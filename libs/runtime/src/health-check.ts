import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { processEnv } from "./env.ts";

/** Where a process with the default port says whether it is alive; `DMS_HEALTH_URL` names another place. */
export const healthUrl = "http://127.0.0.1:4100/livez";

const timeoutMs = 2_000;

/**
 * Asks a process's probe, for container engines that can only run a command. Resolves true for a 2xx answer in time, false
 * for everything else. Over TLS the certificate is not verified: the answer comes from this very container.
 */
export function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, rejectUnauthorized: false };
    const request = (url.startsWith("https:") ? getSecure : getPlain)(url, options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 300);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const url = processEnv()["DMS_HEALTH_URL"] ?? healthUrl;
  if (process.argv.includes("--help")) process.stdout.write(`asks ${url} and exits with 0 when it answers 2xx\n`);
  else process.exitCode = (await isHealthy(url)) ? 0 : 1;
}
