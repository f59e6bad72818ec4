import type { MemberId } from "@dms/protocol";
import type { Clock } from "@dms/rules";

/** How long an inbox that was read to its end is left alone: others may have moved some of its conversations unseen. */
const lookAnewMs = 30_000;

/** The beginning of an inbox, and its end, as `rehome` names them. */
const beginning = "-";
const end = "";

/**
 * Where in the inbox of each member that waits the search for stragglers goes on, so that a full cluster does not read a long
 * inbox again at every look. A cursor is no truth: whoever may have moved conversations begins anew.
 * States of a member: unread (no cursor) -> read in part -> read (left alone for `lookAnewMs`) -> unread.
 */
export class StragglerCursors {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #cursors = new Map<MemberId, { after: string; readAt: number }>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** After which entry to look. */
  after(member: MemberId): string {
    const cursor = this.#cursors.get(member);
    const isOld = cursor?.after === end && this.#clock.monotonic() - cursor.readAt >= lookAnewMs;
    if (isOld) this.beginAnew(member);
    return this.#cursors.get(member)?.after ?? beginning;
  }

  /** The inbox was read up to an entry, or to its end. */
  readTo(member: MemberId, after: string): void {
    const isKnown = after === end && this.#cursors.get(member)?.after === end;
    if (!isKnown) this.#cursors.set(member, { after, readAt: this.#clock.monotonic() });
  }

  /** Conversations of the member have moved, or may have: their entries may lie before the cursor. (I3) */
  beginAnew(member: MemberId): void {
    this.#cursors.delete(member);
  }
}
