/** What a takeover entry tells its new owner of the move. */
export interface Takeover {
  cause: string;
  /** The former owner: a member, or `unplaced`. */
  from: string;
  /** From the end of the former owner's lease to the move, ms by Redis's clock; null where nobody died. */
  sinceEndMs: number | null;
}

/** Reads a takeover's payload, `<cause> <ms or -> <from>`. Empty in entries of versions that said nothing. */
export function parseTakeover(payload: string): Takeover {
  const [cause = "", since = "-", from = ""] = payload.split(" ");
  return { cause: cause || "unknown", from, sinceEndMs: since === "-" ? null : Number(since) };
}
