import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its private key, as PEM files. */
export interface Issued {
  cert: string;
  key: string;
}

export interface Authority {
  /** The authority's own certificate, a PEM file: what others trust. */
  ca: string;
  /** Issues a certificate for host names and addresses; the same name writes over the former files. */
  issue(name: string, options?: { hosts?: readonly string[]; isExpired?: boolean }): Issued;
}

/** A private certificate authority in a folder of its own, made with openssl. Throws when there is no openssl. */
export function makeAuthority(dir: string, name = "test authority"): Authority {
  mkdirSync(dir, { recursive: true });
  const at = (file: string): string => join(dir, file);
  const ca = at("ca.pem");
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { stdio: "pipe" });
  };
  const newKey = (file: string): void =>
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);
  newKey(at("ca-key.pem"));
  openssl("req", "-x509", "-new", "-key", at("ca-key.pem"), "-days", "30", "-subj", `/CN=${name}`, "-out", ca);
  return {
    ca,
    issue(owner, { hosts = ["127.0.0.1", "localhost"], isExpired = false } = {}) {
      const [cert, key, request, extensions] = ["pem", "key.pem", "csr", "ext"].map((end) => at(`${owner}.${end}`)) as [
        string,
        string,
        string,
        string,
      ];
      newKey(key);
      openssl("req", "-new", "-key", key, "-subj", `/CN=${owner}`, "-out", request);
      const names = hosts.map((host) => (/^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`));
      writeFileSync(extensions, `subjectAltName=${names.join(",")}\nextendedKeyUsage=serverAuth,clientAuth\n`);
      const signed = ["-CA", ca, "-CAkey", at("ca-key.pem"), "-CAcreateserial", "-extfile", extensions];
      openssl("x509", "-req", "-in", request, ...signed, "-days", isExpired ? "-1" : "30", "-out", cert);
      return { cert, key };
    },
  };
}
