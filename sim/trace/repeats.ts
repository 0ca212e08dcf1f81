// How often the console tells the same: a loop that repeats a mistake must not bury everything else.

/** The same text is told this often; the trace has them all. */
const MOST_REPEATS = 3;

/** Counts texts. */
export class Repeats {
  readonly #counts = new Map<string, number>();

  /** Counts the text once more, and says whether it is still told. */
  isTold(text: string): boolean {
    const count = (this.#counts.get(text) ?? 0) + 1;
    this.#counts.set(text, count);
    return count <= MOST_REPEATS;
  }
}
