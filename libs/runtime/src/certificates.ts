import type { Clock, TlsMaterial, TrustSource } from "@dms/rules";
import type { RedisSettings } from "./config/index.ts";
import { rereadRedisTls } from "./config/redis-tls.ts";
import { checkPair, readTlsFiles } from "./config/tls-files.ts";
import { messageOf } from "./errors.ts";
import type { Logger } from "./logger.ts";

/** Files of certificates and keys, by what they hold; absolute names. */
export interface CertificateFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** How often the files are looked at: a rotated certificate is in use after this long, for new connections. */
const lookMs = 10_000;

interface Source {
  readonly read: () => TlsMaterial;
  /** For the log. */
  readonly names: readonly string[];
  material: TlsMaterial;
  /** The material that was refused last, so that one spoilt file is reported once. */
  refused: string;
  readonly listeners: (() => void)[];
}

/**
 * The process's certificates, read again while it runs. A renewed pair is taken whole or not at all: while a key does not
 * fit its certificate, or a file is empty, cut off, spoilt or cannot be read, the former material stays in use and the log says why.
 * States: idle -> (first `open`) looking -> stopped.
 */
export class Certificates {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sources: Source[] = [];
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor({ clock, logger }: { clock: Clock; logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The material of these files now and later; throws when they cannot be read. Undefined for no TLS options. */
  open(files: CertificateFiles): TrustSource;
  open(files: CertificateFiles | undefined): TrustSource | undefined;
  open(files: CertificateFiles | undefined): TrustSource | undefined {
    if (files === undefined) return undefined;
    const names = [files.ca, files.cert, files.key].filter((name) => name !== undefined);
    const { serverName, ...pems } = files;
    const named = serverName === undefined ? {} : { serverName };
    return this.#watch(() => ({ ...readTlsFiles({ ...pems, directory: "/" }), ...named }), names);
  }

  /** What Redis's TLS options name, in whichever file they stand. Undefined without TLS. */
  openRedis({ tls }: RedisSettings): TrustSource | undefined {
    return tls && this.#watch(() => rereadRedisTls(tls), ["redis"]);
  }

  #watch(readNow: () => TlsMaterial, names: readonly string[]): TrustSource {
    const source: Source = { read: readNow, names, material: readNow(), refused: "", listeners: [] };
    this.#sources.push(source);
    this.#cancel ??= this.#clock.after(lookMs, () => this.#look());
    return { current: () => source.material, onRenewed: (listener) => source.listeners.push(listener) };
  }

  /** Looks at all files at once; for tests, and for whoever cannot wait. */
  refresh(): void {
    for (const source of this.#sources) this.#renew(source);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #look(): void {
    if (this.#isStopped) return;
    this.refresh();
    this.#cancel = this.#clock.after(lookMs, () => this.#look());
  }

  #renew(source: Source): void {
    const { names, material, listeners } = source;
    let fresh: TlsMaterial;
    try {
      fresh = source.read();
    } catch (caught) {
      return this.#refuse(source, messageOf(caught));
    }
    if (fresh.ca === material.ca && fresh.cert === material.cert && fresh.key === material.key) {
      source.refused = "";
      return;
    }
    const fit = checkPair(fresh);
    if (!fit.ok) return this.#refuse(source, `key and certificate do not fit: ${fit.allowed}`);
    source.material = fresh;
    source.refused = "";
    this.#logger.info(
      { event: "certificates.renewed", files: names },
      "certificates: renewed, new connections use them",
    );
    for (const listener of listeners) listener();
  }

  #refuse(source: Source, why: string): void {
    if (source.refused === why) return;
    source.refused = why;
    this.#logger.warn(
      { event: "certificates.refused", files: source.names, why },
      "certificates: the former ones stay in use",
    );
  }
}
