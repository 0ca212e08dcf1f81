// Addresses in VMSAv8-64 descriptors (DDI 0487 D8.3): where the bits lie depends on granule and LPA2.

import { MASK_HI, MASK_LO } from './tlb.ts';
import type { TableConfig } from './trans-config.ts';

const TWO_32 = 0x1_0000_0000;
const TWO_48 = 2 ** 48;
const TWO_50 = 2 ** 50;

/** True when a block descriptor may stand at `level` of the table. */
export function hasBlocks(table: TableConfig, level: number): boolean {
  return (table.blocks & (1 << (level + 1))) !== 0;
}

/** Address in a descriptor, aligned to 2^shift; bits 51:48 by the format of the table. */
export function outputAddress(table: TableConfig, lo: number, hi: number, shift: number): number {
  const low = (lo & ~(MASK_LO[shift] as number)) >>> 0;
  if (table.ds) {
    const high = hi & 0x3_ffff & ~(MASK_HI[shift] as number);
    return high * TWO_32 + low + ((lo >>> 8) & 3) * TWO_50;
  }
  const high = hi & 0xffff & ~(MASK_HI[shift] as number);
  const out = high * TWO_32 + low;
  return table.wide ? out + ((lo >>> 12) & 0xf) * TWO_48 : out;
}
