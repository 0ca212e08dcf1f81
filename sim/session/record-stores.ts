// Stores of the script into physical memory, as records that an explanation can name: it may have written
// tables. Longer ones are data, and would bury everything else.

import { hi32, lo32 } from '../base/hex.ts';
import type { PhysicalRun } from '../kernel/mm/kernel-buffer.ts';
import type { Machine } from '../machine/machine.ts';
import { K } from '../trace/kinds.ts';

/** Bytes of a store through a buffer up to which its words are recorded: a page of tables. */
const MOST_BYTES = 4096;

/** Records each 64-bit word that a phys_write() of `length` bytes at `pa` touched, as it is now. */
export function recordPhysWrite(machine: Machine, pa: number, length: number): void {
  recordWords(machine, 'phys_write', { pa, size: length });
}

/** Records the words that a store through a buffer touched. */
export function recordBufferStore(machine: Machine, runs: readonly PhysicalRun[]): void {
  if (runs.reduce((sum, { size }) => sum + size, 0) <= MOST_BYTES) {
    for (const run of runs) {
      recordWords(machine, 'buffer', run);
    }
  }
}

function recordWords({ memory, recorder }: Machine, name: string, { pa, size }: PhysicalRun): void {
  if (!recorder.enabled) {
    return;
  }
  const what = recorder.intern(name);
  for (let at = Math.floor(pa / 8) * 8; at < pa + size; at += 8) {
    memory.read64(at);
    recorder.emit(K.mem_write, what, lo32(at), hi32(at), memory.lo, memory.hi);
  }
}
