import { createHash, X509Certificate } from "node:crypto";

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([number(value.length).subarray(2), Buffer.from(value)]);

/** A JKS trust store (version 2) with one certificate, as `keytool -importcert` writes it. */
export function javaTrustStore(pem: string, password: string): Buffer {
  const certificate = new X509Certificate(pem).raw;
  const entry = [number(2), text("ca"), Buffer.alloc(8), text("X.509"), number(certificate.length), certificate];
  const body = Buffer.concat([number(0xfeedfeed), number(2), number(1), ...entry]);
  const digest = createHash("sha1").update(Buffer.from(password, "utf16le").swap16()).update("Mighty Aphrodite");
  return Buffer.concat([body, digest.update(body).digest()]);
}
