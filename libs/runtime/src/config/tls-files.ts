import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import type { TlsMaterial } from "@dms/rules";
import { faultAt } from "./check.ts";
import type { Fault, Path } from "./fault.ts";
import { filePath, readPem } from "./pem-files.ts";
import type { PemResult } from "./pem-files.ts";
import { readOrThrow } from "./redis-tls.ts";
import type { SourceDocument } from "./source-document.ts";

const fileOptions = ["ca", "cert", "key", "client-ca"] as const;
type FileOption = (typeof fileOptions)[number];
type TlsSection = Partial<Record<FileOption, string>>;

/**
 * Checks the files that a section of TLS options names (`chat.tls`, `http.tls`, `channel-<name>.hub.tls`), each by itself
 * and key and certificate together, and makes their names absolute, in place. They are read again when they are used.
 */
export function tlsFaults(value: Readonly<Record<string, unknown>>, path: Path, source: SourceDocument): Fault[] {
  const section = path.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], value);
  if (typeof section !== "object" || section === null) return [];
  const tls = section as TlsSection;
  const fault = (option: string | null, found: string, allowed: string): Fault =>
    faultAt(source, option === null ? path : [...path, option], { found, allowed });
  const directory = dirname(source.file);
  const faults: Fault[] = [];
  const pems: TlsSection = {};
  for (const option of fileOptions) {
    const name = tls[option];
    if (name === undefined) continue;
    const read = readPem({ name, directory }, kindOf(option));
    if (!read.ok) {
      faults.push(fault(option, name, read.allowed));
      continue;
    }
    pems[option] = read.value;
    tls[option] = filePath({ name, directory });
  }
  if (faults.length > 0) return faults;
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    return [fault(null, "only one of cert and key", "both or none")];
  }
  const fit = checkPair(pems);
  return fit.ok ? [] : [fault("key", tls.key ?? "", fit.allowed)];
}

/** What the file of an option must hold. */
export function kindOf(option: FileOption): "certificate" | "private key" {
  return option === "key" ? "private key" : "certificate";
}

/** What these files hold now, each checked by itself; throws in words, with its name, for one that does not serve. */
export function readTlsFiles(files: Omit<TlsSection, "client-ca"> & { directory: string }): TlsMaterial {
  const read = (option: "ca" | "cert" | "key"): { [P in typeof option]?: string } => {
    const name = files[option];
    if (name === undefined) return {};
    return { [option]: readOrThrow(name, readPem({ name, directory: files.directory }, kindOf(option))) };
  };
  return { ...read("ca"), ...read("cert"), ...read("key") };
}

/** Whether key and certificate belong together and TLS can use them. */
export function checkPair({ ca, cert, key }: { ca?: string; cert?: string; key?: string }): PemResult<true> {
  try {
    createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
    return { ok: true, value: true };
  } catch {
    return { ok: false, allowed: "the private key of the certificate in cert, without a passphrase" };
  }
}
