// What a page-table library and its user tell each other (include/linux/io-pgtable.h, iommu.h of 4.20).

import type { PhysicalMemory } from '../machine/memory.ts';
import type { Recorder } from '../trace/recorder.ts';

/** The two AArch64 formats of the enum io_pgtable_fmt. */
export const ARM_64_LPAE_S1 = 2;
export const ARM_64_LPAE_S2 = 3;

/** Non-secure tables: sets NS and NSTable. */
export const IO_PGTABLE_QUIRK_ARM_NS = 0x1;
/** The table walker is coherent: no cache maintenance, no streaming DMA of tables. */
export const IO_PGTABLE_QUIRK_NO_DMA = 0x10;
/** Leaf invalidation is left to the flush queue of the DMA layer. */
export const IO_PGTABLE_QUIRK_NON_STRICT = 0x20;

/** TLB maintenance of the user of a table (`struct iommu_gather_ops`). */
export interface IommuGatherOps<C> {
  /** Invalidates everything of the table's address space, and waits. */
  tlb_flush_all(cookie: C): void;
  /**
   * Queues invalidation of [iova, iova + size), bytes, in steps of `granule`. `leaf`: only last-level
   * descriptors changed.
   */
  tlb_add_flush(iova: number, size: number, granule: number, leaf: boolean, cookie: C): void;
  /** Waits for what was queued. */
  tlb_sync(cookie: C): void;
}

/** Pages for tables: the page allocator, or a test's. */
export interface TablePages {
  /** Physical address (bytes) of 2^order zeroed pages of 4 KiB, or -1. */
  allocZeroed(order: number, what: string): number;
  free(pa: number, order: number): boolean;
}

/** Streaming DMA of tables, for walkers that are not coherent (addresses and sizes in bytes). */
export interface TableDma {
  map(pa: number, size: number): void;
  unmap(pa: number, size: number): void;
  sync(pa: number, size: number): void;
}

/** What stands behind `iommu_dev` for a page table: where tables live and who hears of mistakes. */
export interface TableHost {
  readonly memory: PhysicalMemory;
  readonly recorder: Recorder;
  readonly pages: TablePages;
  readonly dma?: TableDma;
  /** A WARN_ON was hit in `func` at `line` of drivers/iommu/io-pgtable-arm.c (4.20.1). */
  warn(func: string, line: number): void;
}

/** What the hardware must be told of a stage-1 table. */
export interface ArmLpaeS1Cfg {
  /** Physical addresses, bytes; the second is 0. */
  readonly ttbr: readonly [number, number];
  /** TCR_EL1 layout, 64 bits of which 37 are used. */
  readonly tcr: number;
  /** MAIR_EL1, low and high half. */
  readonly mair: readonly [number, number];
}

/** What the hardware must be told of a stage-2 table. */
export interface ArmLpaeS2Cfg {
  /** Physical address, bytes. */
  readonly vttbr: number;
  /** VTCR_EL2 layout; bit 31 is set and sign-extended to 64 bits, as the C code leaves it. */
  readonly vtcr: bigint;
}

/** `struct io_pgtable_cfg`. Allocation narrows the sizes and fills in one of the last two. */
export interface IoPgtableCfg<C> {
  /** Page and block sizes, one bit each, bytes. */
  pgsize_bitmap: number;
  /** Input and output address size, bits. */
  ias: number;
  oas: number;
  /** IO_PGTABLE_QUIRK_*. */
  readonly quirks: number;
  readonly tlb: IommuGatherOps<C>;
  readonly iommu_dev: TableHost;
  arm_lpae_s1_cfg?: ArmLpaeS1Cfg;
  arm_lpae_s2_cfg?: ArmLpaeS2Cfg;
}

/** Shape of a table, from level and address to entry. */
export interface TableGeometry {
  /** 1 or 2. */
  readonly stage: 1 | 2;
  /** Level of the root, 0..2; the last level is 3. */
  readonly startLevel: number;
  readonly levels: number;
  /** log2 of the granule, bytes. */
  readonly pgShift: number;
  readonly bitsPerLevel: number;
  /** Bytes of the root, concatenated tables included. */
  readonly pgdSize: number;
}

/**
 * The operations on one page table. Addresses and sizes in bytes; numbers are exact below 2^53, and
 * any number at or above 2^52 is out of range for every format.
 */
export interface IoPgtableOps {
  readonly geometry: TableGeometry;
  /** Physical address of the root, bytes. */
  readonly root: number;
  /** Maps one page or block. @returns 0, -EEXIST, -EINVAL, -ENOMEM or -ERANGE */
  map(iova: number, paddr: number, size: number, prot: number): number;
  /** Unmaps one page or block or a whole table. @returns bytes unmapped, 0 if nothing was */
  unmap(iova: number, size: number): number;
  /** @returns physical address, 0 when there is no translation (or it is 0) */
  iova_to_phys(iova: number | bigint): number;
  /** Gives all tables back, without TLB maintenance: {@link free_io_pgtable_ops} is what callers use. */
  release(): void;
  /** tlb_flush_all of the owner. */
  flushAll(): void;
}
