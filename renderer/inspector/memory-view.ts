// A stretch of memory from an address that a person chose, and who wrote the selected word.

import type { MemoryDto } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { askFor, View } from './view.ts';

/** Words of one page of the view: 512 bytes. */
export const PAGE_WORDS = 64;
const WORD = 8n;
const HIGHEST = 2n ** 52n - BigInt(PAGE_WORDS) * WORD;

/** Follows a stretch of memory. */
export class MemoryView extends View {
  readonly memory = new Store<MemoryDto | undefined>(undefined);
  readonly address = new Store<bigint | undefined>(undefined);
  readonly selected = new Store<bigint | undefined>(undefined);
  /** Words that changed since the last look, with what they were. */
  readonly changed = new Store<ReadonlyMap<bigint, string>>(new Map());
  /** Every write to the selected word, newest first, as the console says it. */
  readonly history = new Store<readonly string[]>([]);
  #before: MemoryDto | undefined;

  /** Shows memory from `pa` on and selects its word. */
  open(pa: bigint): void {
    const word = pa - (pa % WORD);
    this.address.set(word > HIGHEST ? HIGHEST : word);
    this.select(word);
    this.refresh();
  }

  /** Goes one page on (1) or back (-1). */
  page(by: 1 | -1): void {
    const { value } = this.address;
    if (value !== undefined) {
      const next = value + BigInt(by * PAGE_WORDS) * WORD;
      this.open(next < 0n ? 0n : next);
    }
  }

  select(pa: bigint): void {
    this.selected.set(pa);
    void this.#askWho(pa);
  }

  restart(): void {
    this.#before = undefined;
    this.changed.set(new Map());
  }

  protected async load(): Promise<void> {
    const pa = this.address.value;
    if (pa === undefined) {
      return;
    }
    const { memory } = await askFor(this.ask, { kind: 'memory', pa, words: PAGE_WORDS });
    const before = this.#before;
    if (before?.pa === memory.pa) {
      const changed = changedWords(before, memory);
      this.changed.update((old) => (changed.size === 0 ? old : changed));
    } else {
      this.changed.set(new Map());
    }
    this.#before = memory;
    this.memory.set(memory);
    const selected = this.selected.value;
    if (selected !== undefined) {
      await this.#askWho(selected);
    }
  }

  async #askWho(pa: bigint): Promise<void> {
    try {
      const text = `who 0x${pa.toString(16)}`;
      const { lines } = await askFor(this.ask, { kind: 'command', text });
      if (this.selected.value === pa) {
        this.history.set(lines);
      }
    } catch {
      this.history.set([]);
    }
  }
}

function changedWords(before: MemoryDto, after: MemoryDto): ReadonlyMap<bigint, string> {
  const old = new Map(before.rows.map(({ pa, word }) => [pa, word]));
  return new Map(
    after.rows.flatMap(({ pa, word }): [bigint, string][] => {
      const was = old.get(pa);
      return was === undefined || was === word ? [] : [[pa, was]];
    }),
  );
}

/** An address as typed: hexadecimal with `0x`, decimal, with `_` anywhere; undefined when it is none. */
export function parseAddress(text: string): bigint | undefined {
  const plain = text.trim().replaceAll('_', '');
  return /^(0x[0-9a-f]{1,13}|\d{1,15})$/i.test(plain) ? BigInt(plain) : undefined;
}

/** `0x4180_0040`: hexadecimal in groups of four digits. */
export function groupedHex(value: bigint): string {
  const digits = value.toString(16);
  return `0x${digits.length <= 4 ? digits : digits.replace(/\B(?=(.{4})+$)/g, '_')}`;
}
