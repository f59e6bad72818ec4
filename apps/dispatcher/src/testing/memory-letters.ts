import type { Letter, Letters, Redriven } from "@dms/rules";

/** Dead letters in memory, as the scripts keep them. */
export class MemoryLetters implements Letters {
  readonly partitions: Letter[][];
  readonly redriven: string[] = [];
  now = 0;
  /** Called before each step; throws where it is to fail. */
  before: (step: "browse" | "redrive" | "discard") => void = () => undefined;

  constructor(partitionCount: number) {
    this.partitions = Array.from({ length: partitionCount }, () => []);
  }

  bury(partition: number, at: number, letter: { reason?: string; conversation?: string } = {}): void {
    const place = this.#of(partition);
    const { reason = "rejected", conversation = "whatsapp:c1" } = letter;
    place.push({ id: `${at}-${place.length}`, reason, conversation });
  }

  get left(): string[] {
    return this.partitions.flat().map(({ id }) => id);
  }

  async browse(partition: number, after: string, count: number) {
    this.before("browse");
    const place = this.#of(partition);
    const order = (id: string): number[] => id.split("-").map(Number);
    const isAfter = ({ id }: Letter): boolean => {
      const [[at = 0, n = 0], [lastAt = -1, lastN = -1]] = [order(id), after === "" ? [] : order(after)];
      return at > lastAt || (at === lastAt && n > lastN);
    };
    return { now: this.now, letters: place.filter(isAfter).slice(0, count) };
  }

  async redrive(partition: number, ids: readonly string[]): Promise<Redriven[]> {
    this.before("redrive");
    return ids.map((id) => {
      const letter = this.#of(partition).find((each) => each.id === id);
      if (letter === undefined) return "absent";
      if (letter.conversation === "") return "refused";
      this.#remove(partition, id);
      this.redriven.push(id);
      return "redriven";
    });
  }

  async discard(partition: number, ids: readonly string[]): Promise<number> {
    this.before("discard");
    const before = this.#of(partition).length;
    for (const id of ids) this.#remove(partition, id);
    return before - this.#of(partition).length;
  }

  #of(partition: number): Letter[] {
    const place = this.partitions[partition];
    if (place === undefined) throw new Error(`there is no partition ${partition}`);
    return place;
  }

  #remove(partition: number, id: string): void {
    this.partitions[partition] = this.#of(partition).filter((each) => each.id !== id);
  }
}
