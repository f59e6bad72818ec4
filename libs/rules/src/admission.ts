/** Entries in all inboxes of a cluster at which fetching stops, and at which it goes on. */
export interface BacklogBounds {
  high: number;
  low: number;
}

/** Whether to fetch now, given whether fetching was under way: stops at the high mark, goes on at the low one. */
export function mayFetch(backlog: number, isFetching: boolean, bounds: BacklogBounds): boolean {
  return isFetching ? backlog < bounds.high : backlog <= bounds.low;
}
