import assert from "node:assert/strict";
import { headerOf, type PartitionState } from "./partition-state.ts";

/** Messages that a test took out of an inbox by force, as `<life> <seq>`. */
export type Lost = ReadonlySet<string>;

/** Every message that a record knows and has not settled lies in exactly one inbox, and none lies in two. (I1, I2) */
function checkMessages(state: PartitionState, lost: Lost): void {
  const places = new Map<string, number>();
  for (const rows of Object.values(state.inboxes)) {
    for (const row of rows) {
      const { kind, life, seq } = headerOf(row);
      if (kind === "message") places.set(`${life} ${seq}`, (places.get(`${life} ${seq}`) ?? 0) + 1);
    }
  }
  for (const [message, count] of places) assert.equal(count, 1, `message ${message} lies in ${count} places`);
  for (const [id, { life = "", done, seq }] of Object.entries(state.records)) {
    assert.ok(Number(done) <= Number(seq), `${id} has done ${done} of ${seq}`);
    for (let next = Number(done) + 1; next <= Number(seq); next++) {
      const isThere = places.has(`${life} ${next}`) || lost.has(`${life} ${next}`);
      assert.ok(isThere, `message ${next} of ${id} is nowhere`);
    }
  }
}

/** The records' owners and the members' sets say the same, and the loads count the sets. (I4) */
function checkOwners(state: PartitionState): void {
  const bySets = Object.entries(state.owned).flatMap(([member, ids]) => ids.map((id) => `${id} ${member}`));
  const byRecords = Object.entries(state.records).map(([id, record]) => `${id} ${record["owner"]}`);
  assert.deepEqual(bySets.toSorted(), byRecords.toSorted(), "owned sets and records differ");
  const grants = Object.values(state.records).map((record) => record["grant"]);
  assert.equal(new Set(grants).size, grants.length, "a grant was given twice");
  for (const [member, score] of Object.entries(state.load)) {
    assert.equal(Math.floor(score), (state.owned[member] ?? []).length, `the load of ${member} is ${score}`);
  }
  const active = Object.keys(state.workers).filter((member) => state.workers[member] === "active");
  assert.deepEqual(Object.keys(state.load).toSorted(), active.toSorted(), "placeable is who is active");
}

/** No message leaves the count: accepted is settled, buried or still to be done, whatever ran twice or too late. (I16) */
function checkCounts({ counts, dead, records }: PartitionState): void {
  const buried = Object.groupBy(dead, (line) => line.split("|")[0] ?? "");
  const letters = Object.entries(buried).map(([reason, lines]) => [`dead ${reason}`, String(lines?.length)]);
  const counted = Object.entries(counts).filter(([field]) => field.startsWith("dead "));
  assert.deepEqual(Object.fromEntries(counted), Object.fromEntries(letters), "dead letters and their counts differ");
  const { malformed = [], "reply-rejected": replies = [] } = buried;
  const ofMessages = dead.length - malformed.length - replies.length;
  const pending = Object.values(records).reduce((sum, { seq, done }) => sum + Number(seq) - Number(done), 0);
  const { accepted = "0", settled = "0" } = counts;
  assert.equal(Number(accepted), Number(settled) + ofMessages + pending, "a message is counted twice, or not at all");
}

/** Holds the real partition against the rules that need no model. */
export function checkRules(state: PartitionState, lost: Lost): void {
  checkMessages(state, lost);
  checkOwners(state);
  checkCounts(state);
}
