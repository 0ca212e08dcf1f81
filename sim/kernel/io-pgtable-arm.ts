// Page tables in the VMSAv8-64 format, stages 1 and 2, granules of 4, 16 and 64 KiB, as Linux 4.20.1 builds
// them: blocks are split on a partial unmap, tables under a new block are freed, empty tables stay.
// Descriptors live in simulated memory only. Addresses are doubles; a walk allocates nothing.

import { hi32, join, lo32 } from '../base/hex.ts';
import { EEXIST, EINVAL, ENOMEM, ERANGE } from './errno.ts';
import type { LeafAttributes } from './io-pgtable-arm-pte.ts';
import {
  commonLeafBits,
  isLeaf,
  LAST_LEVEL,
  leafAttributes,
  PTE_ATTR_HI,
  PTE_ATTR_LO,
  PTE_SW_SYNC_HI,
  PTE_TYPE_BLOCK,
  PTE_TYPE_MASK,
  PTE_TYPE_TABLE,
} from './io-pgtable-arm-pte.ts';
import { ArmTables } from './io-pgtable-arm-tables.ts';
import type {
  IommuGatherOps,
  IoPgtableCfg,
  IoPgtableOps,
  TableGeometry,
  TableHost,
} from './io-pgtable-cfg.ts';
import { IO_PGTABLE_QUIRK_ARM_NS, IO_PGTABLE_QUIRK_NON_STRICT } from './io-pgtable-cfg.ts';
import { IOMMU_READ, IOMMU_WRITE } from './iommu-types.ts';
import { NO_PAGE } from './mm/page-alloc.ts';

const TWO_32 = 2 ** 32;
const LEVELS = LAST_LEVEL + 1;
const PTE_SHIFT = 3;
const PROT_BITS = 0x3f;

/** One page table. Made by alloc_io_pgtable_ops. */
export class ArmLpaePageTable<C> implements IoPgtableOps {
  readonly geometry: TableGeometry;
  readonly root: number;
  readonly #host: TableHost;
  readonly #tables: ArmTables;
  readonly #memory: ArmTables['memory'];
  readonly #tlb: IommuGatherOps<C>;
  readonly #cookie: C;
  readonly #coherent: boolean;
  readonly #nonStrict: boolean;
  readonly #start: number;
  /** The root in halves; index shift and mask at the root, bits and mask of every level below it. */
  readonly #rootLo: number;
  readonly #rootHi: number;
  readonly #rootShift: number;
  readonly #rootMask: number;
  readonly #bits: number;
  readonly #indexMask: number;
  readonly #granule: number;
  /** First addresses that are out of range. */
  readonly #iovaEnd: number;
  readonly #paEnd: number;
  /** By level: bytes that an entry spans, and the same or -1 where no leaf may be. */
  readonly #blockSize = new Float64Array(LEVELS);
  readonly #leafSize = new Float64Array(LEVELS);
  readonly #attributes: LeafAttributes;
  readonly #leafBits: number;
  /** Address bits of a descriptor's low half. */
  readonly #addressMask: number;

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
    this.#tables = new ArmTables(geometry, cfg);
    this.#memory = cfg.iommu_dev.memory;
    this.#tlb = cfg.tlb;
    this.#cookie = cookie;
    this.#coherent = this.#tables.coherent;
    this.#nonStrict = (cfg.quirks & IO_PGTABLE_QUIRK_NON_STRICT) !== 0;
    const nonSecure = (cfg.quirks & IO_PGTABLE_QUIRK_ARM_NS) !== 0;
    this.#leafBits = commonLeafBits(nonSecure);
    this.#attributes = leafAttributes(geometry.stage);
    this.#start = geometry.startLevel;
    this.#granule = this.#tables.granule;
    this.#addressMask = this.#tables.addressMask;
    this.#iovaEnd = 2 ** cfg.ias;
    this.#paEnd = 2 ** cfg.oas;
    this.#bits = geometry.bitsPerLevel;
    this.#indexMask = 2 ** this.#bits - 1;
    this.#rootShift = geometry.pgShift + (LAST_LEVEL - this.#start) * this.#bits;
    this.#rootMask = 2 ** this.#bits * Math.max(1, geometry.pgdSize / this.#granule) - 1;
    for (let level = 0; level < LEVELS; level++) {
      const shift = geometry.pgShift + (LAST_LEVEL - level) * this.#bits;
      this.#blockSize[level] = 2 ** shift;
      const offered = Math.floor(cfg.pgsize_bitmap / 2 ** shift) % 2 === 1;
      this.#leafSize[level] = offered ? 2 ** shift : -1;
    }
    this.root = this.#tables.alloc(geometry.pgdSize);
    this.#rootLo = lo32(this.root);
    this.#rootHi = hi32(this.root);
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
    let tableLo = this.#rootLo;
    let tableHi = this.#rootHi;
    let shift = this.#rootShift;
    let mask = this.#rootMask;
    for (let level = this.#start; ; level++) {
      const entryLo = tableLo | (indexOf(lo, hi, shift, mask) << PTE_SHIFT);
      if (!memory.read64At(entryLo, tableHi)) {
        this.#tables.oops(entryLo, tableHi);
      }
      if (size === this.#leafSize[level]) {
        return this.#installLeaf(entryLo, tableHi, level, iova, paddr, prot);
      }
      if (level === LAST_LEVEL) {
        this.#host.warn('__arm_lpae_map', 395);
        return -EINVAL;
      }
      const pteLo = memory.lo;
      const pteHi = memory.hi;
      shift -= this.#bits;
      mask = this.#indexMask;
      if (pteLo === 0 && pteHi === 0) {
        const table = this.#tables.alloc(this.#granule);
        if (table === NO_PAGE) {
          return -ENOMEM;
        }
        this.#tables.install(entryLo, tableHi, table);
        tableLo = lo32(table);
        tableHi = hi32(table);
        continue;
      }
      if (!this.#coherent && (pteHi & PTE_SW_SYNC_HI) === 0) {
        this.#tables.syncPte(entryLo, tableHi);
      }
      if (isLeaf(pteLo, level)) {
        this.#host.warn('__arm_lpae_map', 417);
        return -EEXIST;
      }
      tableLo = pteLo & this.#addressMask;
      tableHi = this.#tables.addressHi(pteLo, pteHi);
    }
  }

  unmap(iova: number, size: number): number {
    if (iova >= this.#iovaEnd) {
      this.#host.warn('arm_lpae_unmap', 646);
      return 0;
    }
    return this.#unmapFrom(this.#rootLo, this.#rootHi, this.#start, iova, size);
  }

  iova_to_phys(iova: number | bigint): number {
    const input = typeof iova === 'number' && iova < this.#iovaEnd ? iova : this.#wrap(iova);
    if (input < 0) {
      return 0;
    }
    const memory = this.#memory;
    const lo = input | 0;
    const hi = (input / TWO_32) | 0;
    let tableLo = this.#rootLo;
    let tableHi = this.#rootHi;
    let shift = this.#rootShift;
    let mask = this.#rootMask;
    for (let level = this.#start; level < LEVELS; level++) {
      const entryLo = tableLo | (indexOf(lo, hi, shift, mask) << PTE_SHIFT);
      if (!memory.read64At(entryLo, tableHi)) {
        // A table was overwritten: the kernel would oops, a look-up here finds nothing.
        return 0;
      }
      const pteLo = memory.lo;
      const pteHi = memory.hi;
      if (pteLo === 0 && pteHi === 0) {
        return 0;
      }
      if (isLeaf(pteLo, level)) {
        return this.#output(pteLo, pteHi, shift, lo, hi);
      }
      tableLo = pteLo & this.#addressMask;
      tableHi = this.#tables.addressHi(pteLo, pteHi);
      shift -= this.#bits;
      mask = this.#indexMask;
    }
    return 0;
  }

  flushAll(): void {
    this.#tlb.tlb_flush_all(this.#cookie);
  }

  release(): void {
    this.#tables.free(this.root, this.#start, this.geometry.pgdSize);
  }

  /** An address beyond ias still indexes the root: what is left of it, or -1 behind the root's end. */
  #wrap(iova: number | bigint): number {
    const span = 2 ** this.#rootShift * (this.#rootMask + 1);
    const left = Number(BigInt.asUintN(64, BigInt(iova)) % BigInt(span));
    return left < this.#iovaEnd ? left : -1;
  }

  /** The leaf's address with the offset in it OR-ed in, as the C code does for misaligned blocks too. */
  #output(pteLo: number, pteHi: number, shift: number, lo: number, hi: number): number {
    const maskLo = shift < 32 ? (1 << shift) - 1 : -1;
    const maskHi = shift > 32 ? (1 << (shift - 32)) - 1 : 0;
    const outLo = (pteLo & this.#addressMask) | (lo & maskLo);
    return join(outLo, this.#tables.addressHi(pteLo, pteHi) | (hi & maskHi));
  }

  #writeLeaf(
    entryLo: number,
    entryHi: number,
    level: number,
    paddr: number,
    attrLo: number,
    attrHi: number,
  ): void {
    const paHi = (paddr / TWO_32) | 0;
    const type = level === LAST_LEVEL ? PTE_TYPE_TABLE : PTE_TYPE_BLOCK;
    const address = (paddr | 0 | (paHi >>> 4)) & 0xffff_f000;
    const lo = attrLo | this.#leafBits | type | address;
    this.#tables.setPte(entryLo, entryHi, lo, attrHi | (paHi & 0xffff));
  }

  /** Installs a leaf; the memory's last read is the entry. */
  #installLeaf(
    entryLo: number,
    entryHi: number,
    level: number,
    iova: number,
    paddr: number,
    prot: number,
  ): number {
    const { lo, hi } = this.#memory;
    if (isLeaf(lo, level)) {
      this.#host.warn('arm_lpae_init_pte', 327);
      return -EEXIST;
    }
    if ((lo & PTE_TYPE_MASK) === PTE_TYPE_TABLE) {
      this.#removeEntry(entryLo, entryHi, level, iova, lo, hi);
    }
    const bits = prot & PROT_BITS;
    const attrLo = this.#attributes.lo[bits] as number;
    this.#writeLeaf(entryLo, entryHi, level, paddr, attrLo, this.#attributes.hi[bits] as number);
    return 0;
  }

  #unmapFrom(
    fromLo: number,
    fromHi: number,
    fromLevel: number,
    iova: number,
    size: number,
  ): number {
    const memory = this.#memory;
    const lo = iova | 0;
    const hi = (iova / TWO_32) | 0;
    let tableLo = fromLo;
    let tableHi = fromHi;
    let shift = this.#rootShift - (fromLevel - this.#start) * this.#bits;
    let mask = fromLevel === this.#start ? this.#rootMask : this.#indexMask;
    for (let level = fromLevel; level < LEVELS; level++) {
      const entryLo = tableLo | (indexOf(lo, hi, shift, mask) << PTE_SHIFT);
      if (!memory.read64At(entryLo, tableHi)) {
        this.#tables.oops(entryLo, tableHi);
      }
      const pteLo = memory.lo;
      const pteHi = memory.hi;
      if (pteLo === 0 && pteHi === 0) {
        this.#host.warn('__arm_lpae_unmap', 599);
        return 0;
      }
      if (size === this.#blockSize[level]) {
        this.#removeEntry(entryLo, tableHi, level, iova, pteLo, pteHi);
        return size;
      }
      if (isLeaf(pteLo, level)) {
        return this.#splitBlock(entryLo, tableHi, level, iova, size);
      }
      tableLo = pteLo & this.#addressMask;
      tableHi = this.#tables.addressHi(pteLo, pteHi);
      shift -= this.#bits;
      mask = this.#indexMask;
    }
    return 0;
  }

  /** Clears an entry with what is below it, and invalidates. */
  #removeEntry(
    entryLo: number,
    entryHi: number,
    level: number,
    iova: number,
    pteLo: number,
    pteHi: number,
  ): void {
    const size = this.#blockSize[level] as number;
    this.#tables.setPte(entryLo, entryHi, 0, 0);
    if (!isLeaf(pteLo, level)) {
      this.#tlb.tlb_add_flush(iova, size, this.#granule, false, this.#cookie);
      this.#tlb.tlb_sync(this.#cookie);
      this.#tables.free(this.#tables.address(pteLo, pteHi), level + 1, this.#granule);
    } else if (!this.#nonStrict) {
      this.#tlb.tlb_add_flush(iova, size, size, true, this.#cookie);
    }
  }

  /** Replaces a block by a table with the same translations less those of [iova, iova + size). */
  #splitBlock(entryLo: number, entryHi: number, level: number, iova: number, size: number): number {
    if (level === LAST_LEVEL) {
      this.#host.warn('arm_lpae_split_blk_unmap', 544);
      return 0;
    }
    const below = level + 1;
    const table = this.#tables.alloc(this.#granule);
    if (table === NO_PAGE) {
      return 0;
    }
    const [tableLo, tableHi] = [lo32(table), hi32(table)];
    const memory = this.#memory;
    memory.read64At(entryLo, entryHi);
    const attrLo = memory.lo & PTE_ATTR_LO;
    const attrHi = memory.hi & PTE_ATTR_HI;
    const step = this.#blockSize[below] as number;
    const hole = size === step ? Math.floor(iova / step) & this.#indexMask : -1;
    let paddr = this.#tables.address(memory.lo, memory.hi);
    for (let index = 0; index <= this.#indexMask; index++, paddr += step) {
      if (index !== hole) {
        const slotLo = tableLo | (index << PTE_SHIFT);
        this.#writeLeaf(slotLo, tableHi, below, paddr, attrLo, attrHi);
      }
    }
    this.#tables.install(entryLo, entryHi, table);
    if (hole < 0) {
      return this.#unmapFrom(tableLo, tableHi, below, iova, size);
    }
    this.#tlb.tlb_add_flush(iova, size, size, true, this.#cookie);
    this.#tlb.tlb_sync(this.#cookie);
    return size;
  }
}

/** Index of an address (halves) at the level that `shift` and `mask` belong to. */
function indexOf(lo: number, hi: number, shift: number, mask: number): number {
  return (shift < 32 ? (lo >>> shift) | (hi << (32 - shift)) : hi >>> (shift - 32)) & mask;
}
