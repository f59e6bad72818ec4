/** Certificates and keys as PEM text; what is absent is the system's, or nothing. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name to ask for and to verify, when it is not the host in the address. */
  readonly serverName?: string;
}

/** TLS material that may be renewed while the process runs. */
export interface TrustSource {
  current(): TlsMaterial;
  /** Calls the listener after each renewal. */
  onRenewed(listener: () => void): void;
}
