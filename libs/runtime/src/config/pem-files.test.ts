import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testCertificate as pem } from "./test-certificate.ts";
import { readKeyStore, readPem, readTrustStore } from "./pem-files.ts";
import { keyStoreJks, trustStorePkcs12 } from "./test-stores.ts";

const testKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
const directory = mkdtempSync(join(tmpdir(), "config-"));

/** `openssl pkcs12 -export -nokeys` without `-caname`, password changeit: its entry has no alias. */
const unnamedPkcs12 =
  "MIICpwIBAzCCAl0GCSqGSIb3DQEHAaCCAk4EggJKMIICRjCCAkIGCSqGSIb3DQEHBqCCAjMwggIvAgEAMIICKAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgYCLFfr9ZKAAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAbCbYTq6AWy9Yi51pSTCRKAggHASqomVnAfhNBC35fUHA7VMq59dDpBdGfLGSGMt48ZWqWedUmZDGyudmlLyWDwPtgYRX7znCwkrzV3pxWBejuDX+krtoeIucrEhATCRNy5PvBzOBhroBGGTAe+NAvTj8LYd+lIZHtKHoT50I3NDOq58+puZeV3k0AXVM8YKgx22rK8+AMyDFB1CmcXUduBU0WbgMNecrQUOkzNi6Y8U5tTtpr+b3YjGHntzOrMkMKhfcNCV53Jjbo98hN61Xm+peaP2fjNoFJ7WfNTpj0OIGkUb4cIrDgKOz0G53BvkQQrf+Ov+wGkFnztCZQ9LsEvu46O8UAe8iiVSlUXD2TMAFWVF/wrFwVz5SIxaHl2W98GSDmEeJ8KkM0GbYRq2PKWOcPB4GwqVo/+GNRLktny8huyAlAybE88cUv8IDKtQ6Yh/tydAW5/8yWxSLlSObpjiE79FyifnCwfYDZLkEU2hmofU+DRMCPFPwR5T2HCKMaO3S09yRyYdqrhogCe1srFq75D7aOD09umnRbZygX8jrqKH2897/nwK87VipUrtJ6wEpu7pxAZGqjvwxKhNkUHYYicVWhxw0vXJEb7dZvmkhnvKTBBMDEwDQYJYIZIAWUDBAIBBQAEIGI+gJM7Y4tCidhIzJZQJ/m3y8z5XXYrhTrkkOWP6TmrBAhBnzjSgZ0aRQICCAA=";

/** A trust store as Java writes it (JKS, version 2), ended by its digest over password, a fixed text and content. */
function jks(password: string): Buffer {
  const certificate = new X509Certificate(pem).raw;
  const number = (value: number): Buffer =>
    Buffer.from([value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255));
  const text = (value: string): Buffer => Buffer.concat([number(value.length).subarray(2), Buffer.from(value)]);
  const entry = [number(2), text("ca"), Buffer.alloc(8), text("X.509"), number(certificate.length), certificate];
  const body = Buffer.concat([number(0xfeedfeed), number(2), number(1), ...entry]);
  const digest = createHash("sha1")
    .update(Buffer.from(password, "utf16le").swap16())
    .update("Mighty Aphrodite")
    .update(body);
  return Buffer.concat([body, digest.digest()]);
}

function written(name: string, content: string | Buffer): string {
  writeFileSync(join(directory, name), content);
  return name;
}

const names = {
  jks: written("Redis CA.keystore", jks("changeit")),
  pkcs12: written("trust.p12", Buffer.from(trustStorePkcs12, "base64")),
  unnamed: written("unnamed.p12", Buffer.from(unnamedPkcs12, "base64")),
  pem: written("ca.pem", pem),
  key: written("key.jks", Buffer.from(keyStoreJks, "base64")),
  text: written("text", "no store"),
  cut: written("cut.jks", jks("changeit").subarray(0, 40)),
};

const subjectOf = (result: { ok: boolean; value?: string }): string | undefined =>
  result.value === undefined ? undefined : new X509Certificate(result.value).subject;

test.each([
  ["JKS with its password", names.jks, "changeit"],
  ["JKS without a password, as Java allows", names.jks, undefined],
  ["PKCS12", names.pkcs12, "changeit"],
  ["PEM", names.pem, undefined],
  ["a relative path", `./${names.jks}`, "changeit"],
  ["a file URL with a space", `file://${directory}/${names.jks}`, "changeit"],
  ["a file URL with %20", `file://${directory}/${names.jks.replace(" ", "%20")}`, "changeit"],
  ["a file URL with one slash", `file:${directory}/${names.jks}`, "changeit"],
])("readTrustStore: %s", (_, name, password) => {
  expect(subjectOf(readTrustStore({ name, directory, password }))).toBe("CN=redis-test");
});

test.each([
  [
    "a wrong password",
    names.jks,
    "hunter2",
    "a JKS key store that opens with its password option; else convert it with: keytool",
  ],
  ["a wrong password of a PKCS12 store", names.pkcs12, "hunter2", "a PKCS12 key store that opens with"],
  [
    "a PKCS12 store whose entry has no alias",
    names.unnamed,
    "changeit",
    "a PKCS12 key store in which every entry has an alias: make it with keytool, or with openssl pkcs12 -export -name",
  ],
  ["a wrong password of such a store", names.unnamed, "hunter2", "a PKCS12 key store that opens with its password"],
  ["a store that was cut off", names.cut, undefined, "certificates that can be read (this file is spoilt or cut off)"],
  ["something else", names.text, "hunter2", "a Java key store (JKS, PKCS12) or a PEM file"],
  [
    "a Windows path",
    "file:///C:/Redis TLS/RedisCA Test.keystore",
    "hunter2",
    "(ENOENT; this is looked for: /C:/Redis TLS/RedisCA Test.keystore)",
  ],
  ["a URL of another host", "file://host/x", undefined, "this is looked for: file://host/x"],
])("readTrustStore: %s is refused with the way out", (_, name, password, allowed) => {
  const result = readTrustStore({ name, directory, password });
  expect(result).toMatchObject({ ok: false, allowed: expect.stringContaining(allowed) });
  expect(JSON.stringify(result)).not.toContain("hunter2");
});

test("readKeyStore: the private key and its certificate belong together", () => {
  const result = readKeyStore({ name: names.key, directory, password: "changeit" });
  if (!result.ok) throw new Error(result.allowed);
  const key = createPrivateKey(result.value.key);
  expect(new X509Certificate(result.value.cert).checkPrivateKey(key)).toBe(true);
});

test("readKeyStore: a store or a PEM file without a key is refused", () => {
  expect(readKeyStore({ name: names.jks, directory, password: "changeit" })).toMatchObject({ ok: false });
  expect(readKeyStore({ name: names.pem, directory })).toMatchObject({ ok: false });
});

test("readPem: PEM comes back as it is and anything else is refused", () => {
  expect(readPem({ name: names.pem, directory }, "certificate")).toEqual({ ok: true, value: pem });
  expect(readPem({ name: names.jks, directory }, "certificate")).toMatchObject({ ok: false });
  const spoilt = written("spoilt.pem", pem.replace("MIIB", "AAAA"));
  expect(readPem({ name: spoilt, directory }, "certificate")).toMatchObject({ ok: false });
});

test.each([
  ["an empty file", "", "a PEM file with a certificate in it"],
  ["a key in the place of a certificate", testKey, "a PEM file with a certificate in it"],
  ["a certificate that was cut off", pem.slice(0, 200), "spoilt or cut off"],
  ["a second certificate that was cut off", `${pem}\n${pem.slice(0, 200)}`, "spoilt or cut off"],
  ["an end that was cut off", pem.trimEnd().slice(0, -3), "spoilt or cut off"],
])("readPem: %s is refused", (_, text, allowed) => {
  const name = written("a.pem", text);
  expect(readPem({ name, directory }, "certificate")).toMatchObject({
    ok: false,
    allowed: expect.stringContaining(allowed) as string,
  });
});

test("readPem: a certificate in the place of a key is refused", () => {
  expect(readPem({ name: names.pem, directory }, "private key")).toMatchObject({ ok: false });
  expect(readPem({ name: written("key.pem", testKey), directory }, "private key")).toEqual({
    ok: true,
    value: testKey,
  });
});
