// What each view rests on. A session that left some of it out gets no view that looks right and is not.

import type { TraceKind } from '../trace/kinds.ts';
import { notRecorded } from '../trace/record-groups.ts';
import type { InspectContext } from './context.ts';

/** A word's value is its last store, or the allocation that zeroed it. */
export const MEMORY: readonly TraceKind[] = ['mem_write', 'alloc', 'descriptor_update'];
export const REGISTERS: readonly TraceKind[] = ['mmio_read', 'mmio_write'];
/** Tables begin at registers; what the SMMU holds of them is what it fetched and was told to forget. */
export const STRUCTURES: readonly TraceKind[] = [...MEMORY, ...REGISTERS, 'fetch', 'command'];
export const QUEUES: readonly TraceKind[] = [
  ...MEMORY,
  ...REGISTERS,
  'command',
  'event',
  'event_result',
  'ppr',
];

/** What came in and went out; what the entries were made from, and who may have written there. */
export const CACHES: readonly TraceKind[] = [
  ...MEMORY,
  'free',
  'dma',
  'fetch',
  'command',
  'cache',
  'tlb_entry',
  'walk_entry',
  'atc_entry',
];

/** What was raised, by what, what is configured, and the handlers' calls. */
export const INTERRUPTS: readonly TraceKind[] = [
  'irq',
  'msi',
  'call',
  'command',
  'event',
  ...REGISTERS,
];

/** How the kernel's objects stand, and the calls that made them; their page tables are memory. */
export const SOFTWARE: readonly TraceKind[] = ['state', 'call'];
export const MAPPINGS: readonly TraceKind[] = [...SOFTWARE, ...MEMORY];

/** The session does not hold what was asked for. */
export class NotRecordedError extends Error {
  override readonly name = 'NotRecordedError';
}

/** @throws NotRecordedError when the session left out one of these kinds */
export function need({ index }: InspectContext, kinds: readonly TraceKind[]): void {
  const missing = notRecorded(index.source.omitted, kinds);
  if (missing !== undefined) {
    throw new NotRecordedError(missing);
  }
}
