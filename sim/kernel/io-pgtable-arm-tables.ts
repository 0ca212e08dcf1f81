// The tables of one VMSAv8-64 page table: allocation, every store to them, cache maintenance for walkers that
// are not coherent, and freeing. Descriptors and entry addresses in halves (drivers/iommu/io-pgtable-arm.c, 4.20.1).

import { hex64, hi32, join, lo32 } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import {
  LAST_LEVEL,
  PTE_NSTABLE_HI,
  PTE_SW_SYNC_HI,
  PTE_TYPE_MASK,
  PTE_TYPE_TABLE,
} from './io-pgtable-arm-pte.ts';
import type { IoPgtableCfg, TableGeometry, TableHost } from './io-pgtable-cfg.ts';
import { IO_PGTABLE_QUIRK_ARM_NS, IO_PGTABLE_QUIRK_NO_DMA } from './io-pgtable-cfg.ts';
import { get_order, NO_PAGE } from './mm/page-alloc.ts';
import { BugError } from './printk.ts';

const PTE_BYTES = 8;
const WHAT = 'io-pgtable';

/** Memory of the tables of one page table. */
export class ArmTables {
  readonly memory: PhysicalMemory;
  readonly coherent: boolean;
  /** Bytes of a table that is not the root. */
  readonly granule: number;
  /** Address bits of a descriptor's low half. */
  readonly addressMask: number;
  readonly #host: TableHost;
  readonly #recorder: Recorder;
  readonly #recording: boolean;
  readonly #tableHi: number;
  /** With 64K granules descriptor bits 15:12 are address bits 51:48. */
  readonly #wide: boolean;
  readonly #pteName: number;

  constructor(geometry: TableGeometry, cfg: Pick<IoPgtableCfg<unknown>, 'quirks' | 'iommu_dev'>) {
    this.#host = cfg.iommu_dev;
    this.memory = cfg.iommu_dev.memory;
    this.#recorder = cfg.iommu_dev.recorder;
    this.#recording = this.#recorder.enabled;
    this.#pteName = this.#recorder.intern('pte');
    this.coherent = (cfg.quirks & IO_PGTABLE_QUIRK_NO_DMA) !== 0;
    this.#tableHi = (cfg.quirks & IO_PGTABLE_QUIRK_ARM_NS) !== 0 ? PTE_NSTABLE_HI : 0;
    this.granule = 2 ** geometry.pgShift;
    this.#wide = geometry.pgShift === 16;
    this.addressMask = this.#wide ? 0xffff_0000 | 0 : 0xffff_f000 | 0;
  }

  /** High half of a descriptor's address. */
  addressHi(lo: number, hi: number): number {
    return this.#wide ? (hi & 0xffff) | ((lo & 0xf000) << 4) : hi & 0xffff;
  }

  /** Output address of a descriptor, bytes. */
  address(lo: number, hi: number): number {
    return join(lo & this.addressMask, this.addressHi(lo, hi));
  }

  /**
   * An entry's address is not RAM: a table was overwritten, and the kernel would oops here.
   * @throws BugError always
   */
  oops(entryLo: number, entryHi: number): never {
    throw new BugError('io-pgtable-arm', `entry at ${hex64(entryLo, entryHi)} is not in RAM`);
  }

  /** Every store to a table goes through here; the entry's address and the descriptor in halves. */
  #store(entryLo: number, entryHi: number, lo: number, hi: number): void {
    this.memory.write64At(entryLo, entryHi, lo, hi);
    if (this.#recording) {
      this.#recorder.emit(K.mem_write, this.#pteName, entryLo, entryHi, lo, hi);
    }
  }

  /** Cleans the entry for a walker that is not coherent. */
  syncPte(entryLo: number, entryHi: number): void {
    this.#host.dma?.sync(join(entryLo, entryHi), PTE_BYTES);
  }

  /** Stores a descriptor that the walker may use at once. */
  setPte(entryLo: number, entryHi: number, lo: number, hi: number): void {
    this.#store(entryLo, entryHi, lo, hi);
    if (!this.coherent) {
      this.syncPte(entryLo, entryHi);
    }
  }

  /** Links a table; a walker that is not coherent is told before the software bit says that it was. */
  install(entryLo: number, entryHi: number, table: number): void {
    const lo = lo32(table) | PTE_TYPE_TABLE;
    const hi = hi32(table) | this.#tableHi;
    this.#store(entryLo, entryHi, lo, hi);
    if (!this.coherent) {
      this.syncPte(entryLo, entryHi);
      this.#store(entryLo, entryHi, lo, hi | PTE_SW_SYNC_HI);
    }
  }

  /** A zeroed table: its physical address, or NO_PAGE. */
  alloc(bytes: number): number {
    const table = this.#host.pages.allocZeroed(get_order(bytes), WHAT);
    if (table !== NO_PAGE && !this.coherent) {
      this.#host.dma?.map(table, bytes);
    }
    return table;
  }

  /** Frees a table and all tables below it, in ascending order, leaves first. */
  free(table: number, level: number, bytes: number): void {
    const memory = this.memory;
    if (level !== LAST_LEVEL) {
      for (let entry = table; entry < table + bytes; entry += PTE_BYTES) {
        if (!memory.read64(entry)) {
          this.oops(lo32(entry), hi32(entry));
        }
        if ((memory.lo & PTE_TYPE_MASK) === PTE_TYPE_TABLE) {
          this.free(this.address(memory.lo, memory.hi), level + 1, this.granule);
        }
      }
    }
    if (!this.coherent) {
      this.#host.dma?.unmap(table, bytes);
    }
    this.#host.pages.free(table, get_order(bytes));
  }
}
