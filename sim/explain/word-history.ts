// Every store to memory that a trace tells of, by word: its value as of any record, and who wrote it.
// Made for millions of words: a page of words is one array, a store is four numbers in another.

const PAGE = 4096;
const WORDS_OF_PAGE = PAGE / 8;
/** Stores of one block of the log. */
const BLOCK = 2 ** 16;
const STORE_NUMBERS = 4;

/** A store as it is found again; an object that the next look-up fills anew. */
export interface FoundStore {
  /** Its record; 0 when there is none. */
  record: number;
  lo: number;
  hi: number;
}

/** The stores of one trace, in the order of their records. */
export class WordHistory {
  /** By page: for each word the number of its newest store, from 1; 0 for none. */
  readonly #pages = new Map<number, Int32Array>();
  /** Stores in blocks: record, low and high word, number of the word's store before it. */
  readonly #log: Int32Array[] = [];
  #count = 0;
  readonly #found: FoundStore = { record: 0, lo: 0, hi: 0 };

  /** Takes the store of record `record` to the aligned word at `pa`. */
  push(pa: number, record: number, lo: number, hi: number): void {
    const page = Math.floor(pa / PAGE);
    let newest = this.#pages.get(page);
    if (newest === undefined) {
      newest = new Int32Array(WORDS_OF_PAGE);
      this.#pages.set(page, newest);
    }
    const word = Math.floor((pa % PAGE) / 8);
    const at = this.#count % BLOCK;
    if (at === 0) {
      this.#log.push(new Int32Array(BLOCK * STORE_NUMBERS));
    }
    const block = this.#log.at(-1) as Int32Array;
    block[at * STORE_NUMBERS] = record;
    block[at * STORE_NUMBERS + 1] = lo;
    block[at * STORE_NUMBERS + 2] = hi;
    block[at * STORE_NUMBERS + 3] = newest[word] as number;
    newest[word] = ++this.#count;
  }

  /** The newest store to the word up to record `asOf`; good until the next call. */
  find(pa: number, asOf: number): Readonly<FoundStore> {
    const found = this.#found;
    const newest = this.#pages.get(Math.floor(pa / PAGE));
    let number = newest === undefined ? 0 : (newest[Math.floor((pa % PAGE) / 8)] as number);
    while (number !== 0) {
      const block = this.#log[Math.floor((number - 1) / BLOCK)] as Int32Array;
      const at = ((number - 1) % BLOCK) * STORE_NUMBERS;
      if ((block[at] as number) <= asOf) {
        found.record = block[at] as number;
        found.lo = block[at + 1] as number;
        found.hi = block[at + 2] as number;
        return found;
      }
      number = block[at + 3] as number;
    }
    found.record = 0;
    found.lo = 0;
    found.hi = 0;
    return found;
  }

  /** True when a word of the page was ever stored to. */
  hasPage(page: number): boolean {
    return this.#pages.has(page);
  }
}
