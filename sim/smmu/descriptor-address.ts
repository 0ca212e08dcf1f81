// Addresses in VMSAv8-64 descriptors (DDI 0487 D8.3): where the bits lie depends on granule and LPA2.

import { MASK_HI } from './tlb.ts';
import type { TableConfig } from './trans-config.ts';

/** True when a descriptor is a page or block that may stand at `level` of the table. */
export function isLeaf(table: TableConfig, lo: number, level: number): boolean {
  const type = lo & 3;
  return level === 3 ? type === 3 : type === 1 && (table.blocks & (1 << (level + 1))) !== 0;
}

/** High half of the address in a descriptor, aligned to 2^shift; bits 51:48 by the table's format. */
export function outputHigh(table: TableConfig, lo: number, hi: number, shift: number): number {
  const keep = ~(MASK_HI[shift] as number);
  if (table.ds) {
    return (hi & 0x3_ffff & keep) | (((lo >>> 8) & 3) << 18);
  }
  const high = hi & 0xffff & keep;
  return table.wide ? high | (((lo >>> 12) & 0xf) << 16) : high;
}
