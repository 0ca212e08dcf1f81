// Hardware updates of descriptors (IHI 0070 3.13): Access flag and dirty state, written back to memory.

import { swapped } from '../base/hex.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { Leaf } from './leaf.ts';

/**
 * Writes the leaf's descriptor to the place that it was read from.
 * @arch 3.13 P(no table descriptors, IDR0.HTTU = 0b11) Translation tables and Access flag/Dirty state
 */
export function writeDescriptor(
  memory: PhysicalMemory,
  recorder: Recorder,
  leaf: Leaf,
  stage: number,
  bigEndian: boolean,
): void {
  const { pa, paLo, paHi, lo, hi } = leaf;
  if (bigEndian) {
    memory.write64(pa, swapped(hi), swapped(lo));
  } else {
    memory.write64(pa, lo, hi);
  }
  recorder.emit(K.descriptor_update, stage, leaf.level, paLo, paHi, lo, hi);
}
