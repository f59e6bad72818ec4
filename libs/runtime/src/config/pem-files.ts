import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { toPem as ToPem } from "jks-js";

export type PemResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly allowed: string };

/** A client's certificate (with its chain) and private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A file that holds certificates or keys: PEM, or a Java key store (JKS or PKCS12) with its password. */
export interface KeyFile {
  /** Path or `file:` URL, also in the ways that Java forgives (`file:///C:/Redis TLS/x.keystore`). */
  readonly name: string;
  /** Where a relative path starts. */
  readonly directory: string;
  readonly password?: string | undefined;
}

const remedy =
  "convert it with: keytool -exportcert -rfc -alias <alias> -keystore <file>, and name the PEM file instead";

const unnamed =
  "a PKCS12 key store in which every entry has an alias: make it with keytool, or with openssl pkcs12 -export -name <alias> " +
  "(-caname <alias> for certificates alone), or name a PEM file instead";

/** What a PEM file must have one of at least: TLS takes an empty text for no option at all. */
const blockStarts = {
  certificate: /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/,
  "private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
} as const;

/** The PEM text of a file; says what is wrong when it cannot be read, holds no `kind`, or is spoilt or cut off. */
export function readPem(file: KeyFile, kind: keyof typeof blockStarts): PemResult<string> {
  const bytes = readBytes(file);
  if (!bytes.ok) return bytes;
  const text = bytes.value.toString("latin1");
  return blockStarts[kind].test(text) ? wholeOf(text) : refused(`a PEM file with a ${kind} in it (-----BEGIN ...)`);
}

/** All trusted certificates of a trust store as one PEM text. A JKS store without password is not verified, as in Java. */
export function readTrustStore(file: KeyFile): PemResult<string> {
  const entries = readEntries(file);
  if (!entries.ok) return entries;
  if (typeof entries.value === "string") return wholeOf(entries.value);
  const certificates = entries.value.map((entry) => entry.ca ?? entry.cert).filter((pem) => pem !== undefined);
  if (certificates.length === 0) return refused("a key store with a certificate in it");
  return wholeOf(certificates.join("\n"));
}

/** The first private key of a key store with its certificates; a PEM file must hold both. */
export function readKeyStore(file: KeyFile): PemResult<KeyPair> {
  const entries = readEntries(file);
  if (!entries.ok) return entries;
  if (typeof entries.value === "string") {
    const both = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(entries.value) && /-----BEGIN CERT/.test(entries.value);
    return both ? pairOf(entries.value, file.password) : refused("a PEM file with both key and certificate");
  }
  for (const { cert, key } of entries.value) if (cert && key) return { ok: true, value: { cert, key } };
  return refused("a key store with a private key in it");
}

/** Certificate and key of one PEM text; an encrypted key is opened here, for TLS is not given the password. */
function pairOf(pem: string, password: string | undefined): PemResult<KeyPair> {
  if (!/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    return { ok: true, value: { cert: pem, key: pem } };
  try {
    const key = createPrivateKey({ key: pem, passphrase: password ?? "" });
    return { ok: true, value: { cert: pem, key: String(key.export({ type: "pkcs8", format: "pem" })) } };
  } catch {
    return refused("a PEM file whose private key opens with its password option");
  }
}

type Entry = { ca?: string; cert?: string; key?: string };

function readEntries(file: KeyFile): PemResult<string | Entry[]> {
  const bytes = readBytes(file);
  if (!bytes.ok) return bytes;
  if (bytes.value.includes("-----BEGIN ")) return { ok: true, value: bytes.value.toString("latin1") };
  const isJks = bytes.value.length > 12 && bytes.value.readUInt32BE(0) === 0xfeedfeed;
  const isPkcs12 = bytes.value[0] === 0x30;
  if (!isJks && !isPkcs12) return refused("a Java key store (JKS, PKCS12) or a PEM file");
  try {
    // Loaded only here: it takes 70 ms and few need it.
    const { toPem } = createRequire(import.meta.url)("jks-js") as { toPem: typeof ToPem };
    return { ok: true, value: Object.values(toPem(bytes.value, file.password ?? "")) };
  } catch (caught) {
    // The password fits, and an entry that nobody has named cannot be read: what else is wrong is told otherwise.
    if (isPkcs12 && caught instanceof TypeError) return refused(unnamed);
    const kind = isJks ? "JKS" : "PKCS12";
    return refused(`a ${kind} key store that opens with its password option; else ${remedy}`);
  }
}

const spoilt = refused("certificates that can be read (this file is spoilt or cut off)");

/**
 * The same PEM when its blocks have their ends and its certificates can be read: what is spoilt is better known now than at
 * the first connection, and TLS would pass over a block that was cut off.
 */
function wholeOf(pem: string): PemResult<string> {
  if (pem.split("-----BEGIN ").length > pem.split(/-----END [A-Z0-9 ]+-----/).length) return spoilt;
  try {
    for (const [block] of pem.matchAll(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs))
      new X509Certificate(block);
    return { ok: true, value: pem };
  } catch {
    return spoilt;
  }
}

const bytesMax = 4 * 1024 * 1024;

function readBytes(file: KeyFile): PemResult<Buffer> {
  try {
    const bytes = readFileSync(filePath(file));
    return bytes.length <= bytesMax ? { ok: true, value: bytes } : refused(`a file of at most ${bytesMax} bytes`);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "bad name";
    return refused(`a file that can be read (${reason}; this is looked for: ${shownPath(file)})`);
  }
}

/** Where a file is. Throws for a `file:` URL that names none here. */
export function filePath(file: Pick<KeyFile, "name" | "directory">): string {
  return file.name.startsWith("file:") ? fileURLToPath(file.name) : resolve(file.directory, file.name);
}

function shownPath(file: KeyFile): string {
  try {
    return filePath(file);
  } catch {
    return file.name;
  }
}

function refused(allowed: string): { ok: false; allowed: string } {
  return { ok: false, allowed };
}
