// The front of the page-table library: picks a format, and frees with the flush that must come first.

import { ArmLpaePageTable } from './io-pgtable-arm.ts';
import { MAIR_VALUE, stage1Tcr, stage2Vtcr, tableGeometry } from './io-pgtable-arm-geometry.ts';
import type { IoPgtableCfg, IoPgtableOps } from './io-pgtable-cfg.ts';
import {
  ARM_64_LPAE_S1,
  ARM_64_LPAE_S2,
  IO_PGTABLE_QUIRK_ARM_NS,
  IO_PGTABLE_QUIRK_NO_DMA,
  IO_PGTABLE_QUIRK_NON_STRICT,
} from './io-pgtable-cfg.ts';

const S2_QUIRKS = IO_PGTABLE_QUIRK_NO_DMA | IO_PGTABLE_QUIRK_NON_STRICT;
const S1_QUIRKS = S2_QUIRKS | IO_PGTABLE_QUIRK_ARM_NS;

/** Stage of each format that is modelled; the 32-bit and v7s ones are not. */
const STAGES: Readonly<Record<number, 1 | 2>> = { [ARM_64_LPAE_S1]: 1, [ARM_64_LPAE_S2]: 2 };

/**
 * Makes an empty page table.
 *
 * @param fmt ARM_64_LPAE_S1 or ARM_64_LPAE_S2
 * @param cfg what is wanted; its sizes and address bits are narrowed to what the table has, also when
 *   the table is refused, and `arm_lpae_s1_cfg` or `arm_lpae_s2_cfg` is filled in
 * @param cookie handed to every TLB callback
 * @returns the operations, or NULL (`null`): unknown format or quirk, no usable page size, an output
 *   size that the architecture does not have, no memory for the root
 * @remarks Source: drivers/iommu/io-pgtable.c, io-pgtable-arm.c, 4.20.1.
 */
export function alloc_io_pgtable_ops<C>(
  fmt: number,
  cfg: IoPgtableCfg<C>,
  cookie: C,
): IoPgtableOps | null {
  const stage = STAGES[fmt];
  if (stage === undefined || (cfg.quirks & ~(stage === 1 ? S1_QUIRKS : S2_QUIRKS)) !== 0) {
    return null;
  }
  const geometry = tableGeometry(cfg, stage);
  if (geometry === undefined) {
    return null;
  }
  const table = ArmLpaePageTable.create(geometry, cfg, cookie);
  if (table === undefined) {
    return null;
  }
  if (stage === 1) {
    const tcr = stage1Tcr(geometry, cfg.ias, cfg.oas);
    cfg.arm_lpae_s1_cfg = { ttbr: [table.root, 0], tcr, mair: [MAIR_VALUE, 0] };
  } else {
    cfg.arm_lpae_s2_cfg = { vttbr: table.root, vtcr: stage2Vtcr(geometry, cfg.ias, cfg.oas) };
  }
  return table;
}

/**
 * Frees a page table: one tlb_flush_all, then all its pages, leaves first.
 *
 * @param ops what alloc_io_pgtable_ops returned; NULL is ignored
 * @remarks Source: drivers/iommu/io-pgtable.c, 4.20.1.
 */
export function free_io_pgtable_ops(ops: IoPgtableOps | null): void {
  if (ops !== null) {
    ops.flushAll();
    ops.release();
  }
}
