// Page tables in the VMSAv8-64 format, stages 1 and 2, granules of 4, 16 and 64 KiB, as Linux 4.20.1 builds
// them: blocks are split on a partial unmap, tables under a new block are freed, empty tables stay.
// Descriptors live in simulated memory only. Addresses are doubles; a walk allocates nothing.

import { assert } from '../base/assert.ts';
import { hi32, lo32 } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { EEXIST, EINVAL, ENOMEM, ERANGE } from './errno.ts';
import type { LeafAttributes } from './io-pgtable-arm-pte.ts';
import {
  commonLeafBits,
  isLeaf,
  LAST_LEVEL,
  leafAttributes,
  PTE_ATTR_HI,
  PTE_ATTR_LO,
  PTE_NSTABLE_HI,
  PTE_SW_SYNC_HI,
  PTE_TYPE_BLOCK,
  PTE_TYPE_MASK,
  PTE_TYPE_TABLE,
} from './io-pgtable-arm-pte.ts';
import type {
  IommuGatherOps,
  IoPgtableCfg,
  IoPgtableOps,
  TableGeometry,
  TableHost,
} from './io-pgtable-cfg.ts';
import {
  IO_PGTABLE_QUIRK_ARM_NS,
  IO_PGTABLE_QUIRK_NO_DMA,
  IO_PGTABLE_QUIRK_NON_STRICT,
} from './io-pgtable-cfg.ts';
import { IOMMU_READ, IOMMU_WRITE } from './iommu-types.ts';
import { get_order, NO_PAGE } from './mm/page-alloc.ts';

const TWO_32 = 2 ** 32;
const LEVELS = LAST_LEVEL + 1;
const PTE_BYTES = 8;
const WHAT = 'io-pgtable';

/** One page table. Made by alloc_io_pgtable_ops. */
export class ArmLpaePageTable<C> implements IoPgtableOps {
  readonly geometry: TableGeometry;
  readonly root: number;
  readonly #host: TableHost;
  readonly #memory: PhysicalMemory;
  readonly #recorder: Recorder;
  readonly #tlb: IommuGatherOps<C>;
  readonly #cookie: C;
  readonly #coherent: boolean;
  readonly #nonStrict: boolean;
  readonly #start: number;
  readonly #granule: number;
  /** First addresses that are out of range. */
  readonly #iovaEnd: number;
  readonly #paEnd: number;
  /** By level: shift and mask of the index, bytes of an entry, the same or -1 where no leaf may be. */
  readonly #shift = new Int32Array(LEVELS);
  readonly #mask = new Int32Array(LEVELS);
  readonly #blockSize = new Float64Array(LEVELS);
  readonly #leafSize = new Float64Array(LEVELS);
  readonly #attributes: LeafAttributes;
  readonly #leafBits: number;
  readonly #tableHi: number;
  /** With 64K granules descriptor bits 15:12 are address bits 51:48. */
  readonly #wide: boolean;
  readonly #pteName: number;

  /** Allocates the root; undefined without memory. */
  static create<C>(
    geometry: TableGeometry,
    cfg: IoPgtableCfg<C>,
    cookie: C,
  ): ArmLpaePageTable<C> | undefined {
    const table = new ArmLpaePageTable(geometry, cfg, cookie);
    return table.root === NO_PAGE ? undefined : table;
  }

  private constructor(geometry: TableGeometry, cfg: IoPgtableCfg<C>, cookie: C) {
    this.geometry = geometry;
    this.#host = cfg.iommu_dev;
    this.#memory = cfg.iommu_dev.memory;
    this.#recorder = cfg.iommu_dev.recorder;
    this.#tlb = cfg.tlb;
    this.#cookie = cookie;
    this.#coherent = (cfg.quirks & IO_PGTABLE_QUIRK_NO_DMA) !== 0;
    this.#nonStrict = (cfg.quirks & IO_PGTABLE_QUIRK_NON_STRICT) !== 0;
    const nonSecure = (cfg.quirks & IO_PGTABLE_QUIRK_ARM_NS) !== 0;
    this.#leafBits = commonLeafBits(nonSecure);
    this.#tableHi = nonSecure ? PTE_NSTABLE_HI : 0;
    this.#attributes = leafAttributes(geometry.stage);
    this.#start = geometry.startLevel;
    this.#granule = 2 ** geometry.pgShift;
    this.#wide = geometry.pgShift === 16;
    this.#iovaEnd = 2 ** cfg.ias;
    this.#paEnd = 2 ** cfg.oas;
    this.#pteName = this.#recorder.intern('pte');
    for (let level = 0; level < LEVELS; level++) {
      const shift = geometry.pgShift + (LAST_LEVEL - level) * geometry.bitsPerLevel;
      const extra = level === this.#start ? Math.max(1, geometry.pgdSize / this.#granule) : 1;
      this.#shift[level] = shift;
      this.#mask[level] = 2 ** geometry.bitsPerLevel * extra - 1;
      this.#blockSize[level] = 2 ** shift;
      const offered = Math.floor(cfg.pgsize_bitmap / 2 ** shift) % 2 === 1;
      this.#leafSize[level] = offered ? 2 ** shift : -1;
    }
    this.root = this.#allocTable(geometry.pgdSize);
  }

  map(iova: number, paddr: number, size: number, prot: number): number {
    if ((prot & (IOMMU_READ | IOMMU_WRITE)) === 0) {
      return 0;
    }
    if (iova >= this.#iovaEnd || paddr >= this.#paEnd) {
      this.#host.warn('arm_lpae_map', 478);
      return -ERANGE;
    }
    const memory = this.#memory;
    const lo = iova | 0;
    const hi = (iova / TWO_32) | 0;
    let table = this.root;
    for (let level = this.#start; ; level++) {
      const entry = table + this.#index(lo, hi, level) * PTE_BYTES;
      if (size === this.#leafSize[level]) {
        return this.#installLeaf(entry, level, iova, paddr, prot);
      }
      if (level === LAST_LEVEL) {
        this.#host.warn('__arm_lpae_map', 395);
        return -EINVAL;
      }
      memory.read64(entry);
      const pteLo = memory.lo;
      const pteHi = memory.hi;
      if (pteLo === 0 && pteHi === 0) {
        table = this.#allocTable(this.#granule);
        if (table === NO_PAGE) {
          return -ENOMEM;
        }
        this.#installTable(entry, table);
        continue;
      }
      if (!this.#coherent && (pteHi & PTE_SW_SYNC_HI) === 0) {
        this.#host.dma?.sync(entry, PTE_BYTES);
      }
      if (isLeaf(pteLo, level)) {
        this.#host.warn('__arm_lpae_map', 417);
        return -EEXIST;
      }
      table = this.#address(pteLo, pteHi);
    }
  }

  unmap(iova: number, size: number): number {
    if (iova >= this.#iovaEnd) {
      this.#host.warn('arm_lpae_unmap', 646);
      return 0;
    }
    return this.#unmapFrom(this.root, this.#start, iova, size);
  }

  iova_to_phys(iova: number | bigint): number {
    const input = typeof iova === 'number' && iova < this.#iovaEnd ? iova : this.#wrap(iova);
    if (input < 0) {
      return 0;
    }
    const memory = this.#memory;
    const lo = input | 0;
    const hi = (input / TWO_32) | 0;
    let table = this.root;
    for (let level = this.#start; level < LEVELS; level++) {
      memory.read64(table + this.#index(lo, hi, level) * PTE_BYTES);
      const pteLo = memory.lo;
      const pteHi = memory.hi;
      if (pteLo === 0 && pteHi === 0) {
        return 0;
      }
      if (isLeaf(pteLo, level)) {
        return this.#output(pteLo, pteHi, level, lo, hi);
      }
      table = this.#address(pteLo, pteHi);
    }
    return 0;
  }

  flushAll(): void {
    this.#tlb.tlb_flush_all(this.#cookie);
  }

  release(): void {
    this.#freeTable(this.root, this.#start, this.geometry.pgdSize);
  }

  /** An address beyond ias still indexes the root: what is left of it, or -1 behind the root's end. */
  #wrap(iova: number | bigint): number {
    const shift = this.#shift[this.#start] as number;
    const span = 2 ** shift * ((this.#mask[this.#start] as number) + 1);
    const left = Number(BigInt.asUintN(64, BigInt(iova)) % BigInt(span));
    return left < this.#iovaEnd ? left : -1;
  }

  #index(lo: number, hi: number, level: number): number {
    const shift = this.#shift[level] as number;
    const bits = shift < 32 ? (lo >>> shift) | (hi << (32 - shift)) : hi >>> (shift - 32);
    return bits & (this.#mask[level] as number);
  }

  /** Output address of a descriptor, bytes. */
  #address(lo: number, hi: number): number {
    if (this.#wide) {
      return ((hi & 0xffff) | ((lo & 0xf000) << 4)) * TWO_32 + ((lo & 0xffff_0000) >>> 0);
    }
    return (hi & 0xffff) * TWO_32 + ((lo & 0xffff_f000) >>> 0);
  }

  /** The leaf's address with the offset in it OR-ed in, as the C code does for misaligned blocks too. */
  #output(pteLo: number, pteHi: number, level: number, lo: number, hi: number): number {
    const base = this.#address(pteLo, pteHi);
    const shift = this.#shift[level] as number;
    const maskLo = shift < 32 ? (1 << shift) - 1 : -1;
    const maskHi = shift > 32 ? (1 << (shift - 32)) - 1 : 0;
    const outLo = base | 0 | (lo & maskLo);
    const outHi = (base / TWO_32) | 0 | (hi & maskHi);
    return outHi * TWO_32 + (outLo >>> 0);
  }

  /** Every store to a table goes through here. */
  #store(entry: number, lo: number, hi: number): void {
    this.#memory.write64(entry, lo, hi);
    const recorder = this.#recorder;
    if (recorder.enabled) {
      recorder.emit(K.mem_write, this.#pteName, lo32(entry), hi32(entry), lo, hi);
    }
  }

  #setPte(entry: number, lo: number, hi: number): void {
    this.#store(entry, lo, hi);
    if (!this.#coherent) {
      this.#host.dma?.sync(entry, PTE_BYTES);
    }
  }

  #writeLeaf(entry: number, level: number, paddr: number, attrLo: number, attrHi: number): void {
    const paHi = (paddr / TWO_32) | 0;
    const type = level === LAST_LEVEL ? PTE_TYPE_TABLE : PTE_TYPE_BLOCK;
    const lo = attrLo | this.#leafBits | type | ((paddr | 0 | (paHi >>> 4)) & 0xffff_f000);
    this.#setPte(entry, lo, attrHi | (paHi & 0xffff));
  }

  #installLeaf(entry: number, level: number, iova: number, paddr: number, prot: number): number {
    const memory = this.#memory;
    memory.read64(entry);
    if (isLeaf(memory.lo, level)) {
      this.#host.warn('arm_lpae_init_pte', 327);
      return -EEXIST;
    }
    if ((memory.lo & PTE_TYPE_MASK) === PTE_TYPE_TABLE) {
      const size = this.#blockSize[level] as number;
      const unmapped = this.#removeEntry(entry, level, iova, memory.lo, memory.hi);
      assert(unmapped === size, 'a table is removed whole');
    }
    const attributes = this.#attributes;
    const bits = prot & 0x3f;
    this.#writeLeaf(
      entry,
      level,
      paddr,
      attributes.lo[bits] as number,
      attributes.hi[bits] as number,
    );
    return 0;
  }

  /** Links a table; a walker that is not coherent is told before the software bit says that it was. */
  #installTable(entry: number, table: number): void {
    const lo = table | 0 | PTE_TYPE_TABLE;
    const hi = (table / TWO_32) | 0 | this.#tableHi;
    this.#store(entry, lo, hi);
    if (!this.#coherent) {
      this.#host.dma?.sync(entry, PTE_BYTES);
      this.#store(entry, lo, hi | PTE_SW_SYNC_HI);
    }
  }

  #unmapFrom(from: number, fromLevel: number, iova: number, size: number): number {
    const memory = this.#memory;
    const lo = iova | 0;
    const hi = (iova / TWO_32) | 0;
    let table = from;
    for (let level = fromLevel; level < LEVELS; level++) {
      const entry = table + this.#index(lo, hi, level) * PTE_BYTES;
      memory.read64(entry);
      const pteLo = memory.lo;
      const pteHi = memory.hi;
      if (pteLo === 0 && pteHi === 0) {
        this.#host.warn('__arm_lpae_unmap', 599);
        return 0;
      }
      if (size === this.#blockSize[level]) {
        return this.#removeEntry(entry, level, iova, pteLo, pteHi);
      }
      if (isLeaf(pteLo, level)) {
        return this.#splitBlock(entry, level, iova, size);
      }
      table = this.#address(pteLo, pteHi);
    }
    return 0;
  }

  /** Clears an entry with what is below it, and invalidates. */
  #removeEntry(entry: number, level: number, iova: number, pteLo: number, pteHi: number): number {
    const size = this.#blockSize[level] as number;
    this.#setPte(entry, 0, 0);
    if (!isLeaf(pteLo, level)) {
      this.#tlb.tlb_add_flush(iova, size, this.#granule, false, this.#cookie);
      this.#tlb.tlb_sync(this.#cookie);
      this.#freeTable(this.#address(pteLo, pteHi), level + 1, this.#granule);
    } else if (!this.#nonStrict) {
      this.#tlb.tlb_add_flush(iova, size, size, true, this.#cookie);
    }
    return size;
  }

  /** Replaces the block at `entry` by a table with the same translations less those of [iova, +size). */
  #splitBlock(entry: number, level: number, iova: number, size: number): number {
    if (level === LAST_LEVEL) {
      this.#host.warn('arm_lpae_split_blk_unmap', 544);
      return 0;
    }
    const below = level + 1;
    const table = this.#allocTable(this.#granule);
    if (table === NO_PAGE) {
      return 0;
    }
    const memory = this.#memory;
    memory.read64(entry);
    const attrLo = memory.lo & PTE_ATTR_LO;
    const attrHi = memory.hi & PTE_ATTR_HI;
    const step = this.#blockSize[below] as number;
    const hole = size === step ? this.#index(iova | 0, (iova / TWO_32) | 0, below) : -1;
    const entries = this.#granule / PTE_BYTES;
    let paddr = this.#address(memory.lo, memory.hi);
    for (let index = 0; index < entries; index++, paddr += step) {
      if (index !== hole) {
        this.#writeLeaf(table + index * PTE_BYTES, below, paddr, attrLo, attrHi);
      }
    }
    this.#installTable(entry, table);
    if (hole < 0) {
      return this.#unmapFrom(table, below, iova, size);
    }
    this.#tlb.tlb_add_flush(iova, size, size, true, this.#cookie);
    this.#tlb.tlb_sync(this.#cookie);
    return size;
  }

  #allocTable(bytes: number): number {
    const table = this.#host.pages.allocZeroed(get_order(bytes), WHAT);
    if (table !== NO_PAGE && !this.#coherent) {
      this.#host.dma?.map(table, bytes);
    }
    return table;
  }

  /** Frees a table and all tables below it, in ascending order, leaves first. */
  #freeTable(table: number, level: number, bytes: number): void {
    const memory = this.#memory;
    if (level !== LAST_LEVEL) {
      for (let entry = table; entry < table + bytes; entry += PTE_BYTES) {
        memory.read64(entry);
        if ((memory.lo & PTE_TYPE_MASK) === PTE_TYPE_TABLE) {
          this.#freeTable(this.#address(memory.lo, memory.hi), level + 1, this.#granule);
        }
      }
    }
    if (!this.#coherent) {
      this.#host.dma?.unmap(table, bytes);
    }
    this.#host.pages.free(table, get_order(bytes));
  }
}
