/** The two ends of a conversation at the hub, kept in its record so that replies find their way without an entry. */
export interface Parties {
  /** The customer's id at the hub. */
  customer: string;
  /** The business address that the customer wrote to. */
  business: string;
}
