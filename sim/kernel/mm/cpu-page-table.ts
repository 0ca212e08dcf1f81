// Stage-1 tables of a process as the arm64 kernel of 4.20 writes them (arch/arm64/include/asm/pgtable*.h):
// 4 KiB pages, 48-bit addresses, four levels. An SMMU shares them by TTB0, so every store is in the trace.

import { hi32, join, lo32 } from '../../base/hex.ts';
import type { Machine } from '../../machine/machine.ts';
import { K } from '../../trace/kinds.ts';
import type { PageAllocator } from './page-alloc.ts';
import { NO_PAGE } from './page-alloc.ts';
import { PAGE_SIZE } from './page-zone.ts';

/** What the kernel tells the CPUs, and an SMMU that shares the tables: MAIR_EL1 in halves (T0SZ is 16). */
export const CPU_MAIR_LO = 0x440c_0400;
export const CPU_MAIR_HI = 0x0000_bbff;

/** Low half: page, AttrIndx 4 (normal write-back), AP[1], AP[2], inner shareable, AF, nG. */
const TYPE_PAGE = 3;
const TYPE_TABLE = 3;
const MT_NORMAL = 4 << 2;
const PTE_USER = 1 << 6;
const PTE_RDONLY = 1 << 7;
const PTE_SHARED = 3 << 8;
const PTE_AF = 1 << 10;
const PTE_NG = 1 << 11;
/** High half: DBM (the kernel's PTE_WRITE, bit 51), PXN, UXN, and the software dirty bit 55. */
const PTE_WRITE_HI = 1 << 19;
const PTE_PXN_HI = 1 << 21;
const PTE_UXN_HI = 1 << 22;
const PTE_DIRTY_HI = 1 << 23;

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

const LAST_LEVEL = 3;
const ENTRY_BYTES = 8;
const ENTRIES = PAGE_SIZE / ENTRY_BYTES;

/** Bytes that an entry of a level spans. */
function spanOf(level: number): number {
  return PAGE_SIZE * ENTRIES ** (LAST_LEVEL - level);
}

/** Physical address (bytes) of the entry for `va` in `table`. */
function entryOf(table: number, va: number, level: number): number {
  return table + (Math.floor(va / spanOf(level)) % ENTRIES) * ENTRY_BYTES;
}

/** One present page of a process. */
export interface CpuPte {
  /** Physical addresses of the descriptor and of the page, bytes. */
  readonly entry: number;
  readonly pa: number;
  /** What unprivileged code may do now: PROT_*; a clean page of a writable area is read-only. */
  readonly prot: number;
}

/** The tables of one process. */
export class CpuPageTable {
  /** Physical address of the root, bytes: TTBR0. */
  readonly pgd: number;
  readonly #machine: Machine;
  readonly #pages: PageAllocator;
  readonly #pteName: number;

  /** Undefined without memory. */
  static create(machine: Machine, pages: PageAllocator): CpuPageTable | undefined {
    const pgd = pages.allocZeroed(0, 'pgd');
    return pgd === NO_PAGE ? undefined : new CpuPageTable(machine, pages, pgd);
  }

  private constructor(machine: Machine, pages: PageAllocator, pgd: number) {
    this.#machine = machine;
    this.#pages = pages;
    this.pgd = pgd;
    this.#pteName = machine.recorder.intern('pte');
  }

  /** The page at `va`, or undefined when none is present. */
  lookUp(va: number): CpuPte | undefined {
    const entry = this.#lastEntry(va);
    const memory = this.#machine.memory;
    if (entry === undefined || !memory.read64(entry) || (memory.lo & TYPE_PAGE) !== TYPE_PAGE) {
      return undefined;
    }
    const { lo, hi } = memory;
    const readable = (lo & PTE_USER) !== 0;
    const prot =
      (readable ? PROT_READ : 0) |
      (readable && (lo & PTE_RDONLY) === 0 ? PROT_WRITE : 0) |
      ((hi & PTE_UXN_HI) === 0 ? PROT_EXEC : 0);
    return { entry, pa: addressOf(lo, hi), prot };
  }

  /**
   * Makes a page present; `dirty` lets a writable page be written at once.
   * @returns false without memory for a table
   */
  map(va: number, pa: number, prot: number, dirty: boolean): boolean {
    let table = this.pgd;
    for (let level = 0; level < LAST_LEVEL; level++) {
      const entry = entryOf(table, va, level);
      table = this.#tableAt(entry) ?? this.#newTable(entry);
      if (table === NO_PAGE) {
        return false;
      }
    }
    const writable = (prot & PROT_WRITE) !== 0;
    const readable = (prot & (PROT_READ | PROT_WRITE)) !== 0;
    const lo =
      lo32(pa) |
      (TYPE_PAGE | MT_NORMAL | PTE_SHARED | PTE_AF | PTE_NG) |
      (readable ? PTE_USER : 0) |
      (writable && dirty ? 0 : PTE_RDONLY);
    const hi =
      hi32(pa) |
      PTE_PXN_HI |
      ((prot & PROT_EXEC) === 0 ? PTE_UXN_HI : 0) |
      (writable ? PTE_WRITE_HI : 0) |
      (writable && dirty ? PTE_DIRTY_HI : 0);
    this.#store(entryOf(table, va, LAST_LEVEL), lo, hi);
    return true;
  }

  /** Takes a page out. @returns its physical address, or undefined when none was present */
  unmap(va: number): number | undefined {
    const pte = this.lookUp(va);
    if (pte === undefined) {
      return undefined;
    }
    this.#store(pte.entry, 0, 0);
    return pte.pa;
  }

  /** Addresses of the present pages in [start, end), ascending. */
  *present(start: number, end: number): Generator<number> {
    yield* this.#presentBelow(this.pgd, 0, 0, { start, end });
  }

  /** Frees the tables below the root whose whole span `unused` says is used by nothing. */
  freeTables(start: number, end: number, unused: (from: number, to: number) => boolean): void {
    this.#freeBelow(this.pgd, 0, 0, { start, end, unused });
  }

  /** Frees the root; nothing may be mapped. */
  release(): void {
    this.#pages.free(this.pgd, 0);
  }

  #lastEntry(va: number): number | undefined {
    let table = this.pgd;
    for (let level = 0; level < LAST_LEVEL; level++) {
      const next = this.#tableAt(entryOf(table, va, level));
      if (next === undefined) {
        return undefined;
      }
      table = next;
    }
    return entryOf(table, va, LAST_LEVEL);
  }

  #tableAt(entry: number): number | undefined {
    const memory = this.#machine.memory;
    memory.read64(entry);
    return (memory.lo & TYPE_TABLE) === TYPE_TABLE ? addressOf(memory.lo, memory.hi) : undefined;
  }

  #newTable(entry: number): number {
    const table = this.#pages.allocZeroed(0, 'page table');
    if (table !== NO_PAGE) {
      this.#store(entry, lo32(table) | TYPE_TABLE, hi32(table));
    }
    return table;
  }

  *#presentBelow(
    table: number,
    level: number,
    base: number,
    range: { readonly start: number; readonly end: number },
  ): Generator<number> {
    const span = spanOf(level);
    for (let index = 0; index < ENTRIES; index++) {
      const va = base + index * span;
      const below = this.#tableAt(table + index * ENTRY_BYTES);
      if (below === undefined || va >= range.end || va + span <= range.start) {
        continue;
      }
      if (level === LAST_LEVEL) {
        yield va;
      } else {
        yield* this.#presentBelow(below, level + 1, va, range);
      }
    }
  }

  #freeBelow(
    table: number,
    level: number,
    base: number,
    range: {
      readonly start: number;
      readonly end: number;
      readonly unused: (from: number, to: number) => boolean;
    },
  ): void {
    const span = spanOf(level);
    for (let index = 0; level < LAST_LEVEL && index < ENTRIES; index++) {
      const va = base + index * span;
      const entry = table + index * ENTRY_BYTES;
      const below = this.#tableAt(entry);
      if (below === undefined || va >= range.end || va + span <= range.start) {
        continue;
      }
      this.#freeBelow(below, level + 1, va, range);
      if (range.unused(va, va + span)) {
        this.#store(entry, 0, 0);
        this.#pages.free(below, 0);
      }
    }
  }

  #store(entry: number, lo: number, hi: number): void {
    this.#machine.memory.write64(entry, lo, hi);
    const recorder = this.#machine.recorder;
    recorder.emit(K.mem_write, this.#pteName, lo32(entry), hi32(entry), lo, hi);
  }
}

function addressOf(lo: number, hi: number): number {
  return join(lo & 0xffff_f000, hi & 0xffff);
}
