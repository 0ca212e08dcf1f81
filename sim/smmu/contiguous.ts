// The contiguous hint (DDI 0487 D8; IHI 0070 3.21.1): a run of identical descriptors may be one TLB entry.
// A run that is not identical is CONSTRAINED UNPREDICTABLE; the choice here is to use each descriptor
// as it is. So is a run whose Access flags or dirty state the hardware manages.

import { swapped } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import type { Leaf } from './leaf.ts';
import type { TableConfig } from './trans-config.ts';

/** Contiguous in the high half. */
export const HI_CONTIGUOUS = 1 << 20;

/** Widens `leaf` to its contiguous run when every descriptor of the run agrees. */
export function widenToRun(memory: PhysicalMemory, leaf: Leaf, table: TableConfig): void {
  const bits = table.ha ? 0 : table.granule.contiguousBits(leaf.level);
  if (bits === 0) {
    return;
  }
  const entries = 2 ** bits;
  const bytes = 2 ** leaf.shift;
  const first = leaf.pa - (leaf.pa % (entries * 8));
  const index = (leaf.pa - first) / 8;
  const out = leaf.out - index * bytes;
  if (out < 0 || out % (entries * bytes) !== 0) {
    return;
  }
  for (let entry = 0; entry < entries; entry++) {
    const delta = (entry - index) * bytes;
    if (!memory.read64(first + entry * 8) || !agrees(memory, leaf, table, delta)) {
      return;
    }
  }
  leaf.outLo = out | 0;
  leaf.outHi = (out / 0x1_0000_0000) | 0;
  leaf.shift += bits;
}

/** True when the word just read is the leaf's descriptor with its address moved by `delta` bytes. */
function agrees(memory: PhysicalMemory, leaf: Leaf, table: TableConfig, delta: number): boolean {
  const lo = table.bigEndian ? swapped(memory.hi) : memory.lo;
  const hi = table.bigEndian ? swapped(memory.lo) : memory.hi;
  const moved = (leaf.hi & 0xffff) * 0x1_0000_0000 + (leaf.lo >>> 0) + delta;
  return lo === (moved | 0) && hi === ((leaf.hi & ~0xffff) | ((moved / 0x1_0000_0000) & 0xffff));
}
