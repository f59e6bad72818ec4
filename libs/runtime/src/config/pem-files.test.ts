import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testCertificate as pem } from "./test-certificate.ts";
import { readKeyStore, readPem, readTrustStore } from "./pem-files.ts";

const directory = mkdtempSync(join(tmpdir(), "config-"));

/** `keytool -importcert -storetype PKCS12`, password changeit: what a Java since 9 makes. */
const trustStorePkcs12 =
  "MIIC8gIBAzCCApwGCSqGSIb3DQEHAaCCAo0EggKJMIIChTCCAoEGCSqGSIb3DQEHBqCCAnIwggJuAgEAMIICZwYJKoZIhvcNAQcBMGYGCSqGSIb3DQEFDTBZMDgGCSqGSIb3DQEFDDArBBRVhAzqBYRiEnmTU3FdJNz1oUuzVwICJxACASAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJXzqYrxygCM8AOpzUxnTNKAggHwtyMgkmu9oP0IOI7CSQUUQ5RLchb5OHnYZC1i2KMqR2GTOfbvjUzB5CAvgfimsWwcT0+Mw3wxiRJUV+1y6KAqb2OEdAgH+fwv7HADRnpjzg94b92jIOhC6xNalskE80nHVJz3kMp12lN3APOGyZwa+0MPoe2qmOF2zOn+yotwt8PZr+SOczHu845FGpLcDGCkmt0UPxrxvPUVqBbrL9gWyn9qeFDynYgM0zQKQkshQCE+I9PDu1saVTKo7aVJbSF31wGSQOHN+jivk/OYsGf/HUku5KMo6SLWFoABMKNX4R+ClIjPlHmamxAnp6J336pkeSQTac5tPa8O+j44sgOiGfxrUdRhJKqc1B4LhxJPGnUkrQSZF925CH43Iu3Snpqtmh7pXzdIp+mJW5ZSCCfXRZUSyS1YftfY9XDP/H4JxlKhAruwGMYs6pg7oT+txWhdft6qqYGXg4iVmYmWKk4jXqx/TBZnGuJZzsQuI7rIk6Qfn/+EdsEOIGpoFciiFlalKTZvoDVPb2lB2jPIA8AoDG10dA164XOIKwGc+XQQrTPUmMUMp/3tMxebrOELi0qvTgrOGpVugg4VmPFPbPe+NYiInVse0cYCEnX+r6QWmG5zPc61ZCdMEtgKTt0ivwJpGqDc/CdOds9JNDvxacWToDBNMDEwDQYJYIZIAWUDBAIBBQAEIBsTEwFlmSyNj/qWiPSppZnK4fEirD6o06IYKsPKvcbvBBRsCST8EH6MGlCENlG+JYJGBiXRogICJxA=";

/** `openssl pkcs12 -export -nokeys` without `-caname`, password changeit: its entry has no alias. */
const unnamedPkcs12 =
  "MIICpwIBAzCCAl0GCSqGSIb3DQEHAaCCAk4EggJKMIICRjCCAkIGCSqGSIb3DQEHBqCCAjMwggIvAgEAMIICKAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgYCLFfr9ZKAAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAbCbYTq6AWy9Yi51pSTCRKAggHASqomVnAfhNBC35fUHA7VMq59dDpBdGfLGSGMt48ZWqWedUmZDGyudmlLyWDwPtgYRX7znCwkrzV3pxWBejuDX+krtoeIucrEhATCRNy5PvBzOBhroBGGTAe+NAvTj8LYd+lIZHtKHoT50I3NDOq58+puZeV3k0AXVM8YKgx22rK8+AMyDFB1CmcXUduBU0WbgMNecrQUOkzNi6Y8U5tTtpr+b3YjGHntzOrMkMKhfcNCV53Jjbo98hN61Xm+peaP2fjNoFJ7WfNTpj0OIGkUb4cIrDgKOz0G53BvkQQrf+Ov+wGkFnztCZQ9LsEvu46O8UAe8iiVSlUXD2TMAFWVF/wrFwVz5SIxaHl2W98GSDmEeJ8KkM0GbYRq2PKWOcPB4GwqVo/+GNRLktny8huyAlAybE88cUv8IDKtQ6Yh/tydAW5/8yWxSLlSObpjiE79FyifnCwfYDZLkEU2hmofU+DRMCPFPwR5T2HCKMaO3S09yRyYdqrhogCe1srFq75D7aOD09umnRbZygX8jrqKH2897/nwK87VipUrtJ6wEpu7pxAZGqjvwxKhNkUHYYicVWhxw0vXJEb7dZvmkhnvKTBBMDEwDQYJYIZIAWUDBAIBBQAEIGI+gJM7Y4tCidhIzJZQJ/m3y8z5XXYrhTrkkOWP6TmrBAhBnzjSgZ0aRQICCAA=";

/** `keytool -importkeystore -deststoretype JKS`, password changeit: certificate and private key. */
const keyStoreJks =
  "/u3+7QAAAAIAAAABAAAAAQACbWUAAAGiBTR42QAAAMgwgcUwDgYKKwYBBAEqAhEBAQUABIGyErPd5Q1f+lLNfgrVlSUfU625trlOkV2Fk4jC/+Hl/vCGa1buAxEYUywrpsXh0it7EAiuWvVRqwA/FsL7xEjW9LY0CVEE/n4K+9EqYkd/Ud2A73M3KULq5LRyk1skXRYnHqZ0rKybyXvqAXw25Zr/tgntQTZkYgz0+ul2ygXOD8Ah4h66dufme8uA1QLxKnFsMG6cKEOjIP92S5tRQoOJq4bbWnEL7Mi9HeQ4R7XD/47B4gAAAAEABVguNTA5AAABhDCCAYAwggEnoAMCAQICFG1Q6fSa37l9j2dvdDy3iyN4TmxRMAoGCCqGSM49BAMCMBUxEzARBgNVBAMMCnJlZGlzLXRlc3QwIBcNMjYxMTIyMjE0MDU0WhgPMjEyNjEwMjkyMTQwNTRaMBUxEzARBgNVBAMMCnJlZGlzLXRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ01Gxdnv+pECN5yCtECXbT1YrSnYP1Bhl4vhpvUddFQbUM359D3ybdr65J/X4D6dK0/L26wsY8uNP95mh/Udqko1MwUTAdBgNVHQ4EFgQUFlyz2nZZ9OmGxjA6UXho7jB4yo8wHwYDVR0jBBgwFoAUFlyz2nZZ9OmGxjA6UXho7jB4yo8wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAkv7QOPoTCqSnpQtXcmEoB+5dO+4nJdGfpEXaY/mD3PgIgSyrnyoaUjFNUbYPtEEbzFDYuHshMhrDzFdHRw7l6uMVlPT4gWodTWNo0ZE/h7V+Y+nb4eA==";

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
  expect(readPem({ name: names.pem, directory })).toEqual({ ok: true, value: pem });
  expect(readPem({ name: names.jks, directory })).toMatchObject({ ok: false });
  const spoilt = written("spoilt.pem", pem.replace("MIIB", "AAAA"));
  expect(readPem({ name: spoilt, directory })).toMatchObject({ ok: false });
});
