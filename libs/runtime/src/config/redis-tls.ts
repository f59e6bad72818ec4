import type { TlsMaterial } from "@dms/rules";
import type { PemResult } from "./pem-files.ts";
import type { RedisTls } from "./redis-settings.ts";

/** Beside the settings, not in them: settings are values, and a key store's password has no place there. */
const readers = new WeakMap<RedisTls, () => TlsMaterial>();

/** The same settings, which `rereadRedisTls` can then read again from the files that they came from. */
export function rereadable(tls: RedisTls, read: () => TlsMaterial): RedisTls {
  readers.set(tls, read);
  return tls;
}

/** Authorities, certificate and key as their files have them now. Throws when one cannot be read. */
export function rereadRedisTls(tls: RedisTls): TlsMaterial {
  return readers.get(tls)?.() ?? {};
}

/** What a file held; throws in words when it does not serve. */
export function readOrThrow<T>(name: string, result: PemResult<T>): T {
  if (!result.ok) throw new Error(`${name} is not ${result.allowed}`);
  return result.value;
}
