// Queue indices and enables over time, out of register accesses and queue records: what waveforms and
// counters show. Values are as the registers hold them: index, and the wrap flag above it.

import { REGISTERS } from '../smmu/spec/registers.ts';
import { bigOf, numberOf } from './decoded.ts';
import type { TraceRecord } from './reader.ts';

/** The tracked values, by name. */
export const TRACKED = {
  SMMUEN: { width: 1, what: 'CR0.SMMUEN' },
  PRIQEN: { width: 1, what: 'CR0.PRIQEN' },
  EVENTQEN: { width: 1, what: 'CR0.EVENTQEN' },
  CMDQEN: { width: 1, what: 'CR0.CMDQEN' },
  CMDQ_PROD: { width: 20, what: 'index and wrap' },
  CMDQ_CONS: { width: 20, what: 'index and wrap' },
  EVENTQ_PROD: { width: 20, what: 'index and wrap' },
  EVENTQ_CONS: { width: 20, what: 'index and wrap' },
  PRIQ_PROD: { width: 20, what: 'index and wrap' },
  PRIQ_CONS: { width: 20, what: 'index and wrap' },
  GERROR: { width: 32, what: 'global errors as last read' },
  GERRORN: { width: 32, what: 'global errors acknowledged' },
} as const;

/** Name of a tracked value. */
export type TrackedName = keyof typeof TRACKED;

/** Told of each change. */
export type OnChange = (name: TrackedName, value: number) => void;

const INDEX_MASK = 0xf_ffff;
const CR0_BITS: readonly (readonly [TrackedName, number])[] = [
  ['SMMUEN', 0],
  ['PRIQEN', 1],
  ['EVENTQEN', 2],
  ['CMDQEN', 3],
];

/** Queues by the register that sets their size. */
const QUEUE_BASES: ReadonlyMap<number, 'CMDQ' | 'EVENTQ' | 'PRIQ'> = new Map([
  [REGISTERS.CMDQ_BASE.offset, 'CMDQ'],
  [REGISTERS.EVENTQ_BASE.offset, 'EVENTQ'],
  [REGISTERS.PRIQ_BASE.offset, 'PRIQ'],
]);

/** Index registers by offset. */
const INDICES: ReadonlyMap<number, TrackedName> = new Map(
  (['CMDQ_PROD', 'CMDQ_CONS', 'EVENTQ_PROD', 'EVENTQ_CONS', 'PRIQ_PROD', 'PRIQ_CONS'] as const).map(
    (name) => [REGISTERS[name].offset, name],
  ),
);

/** Follows the values of one session; give it every record. All values start at 0. */
export class QueueTracker {
  readonly #onChange: OnChange;
  readonly #values = new Map<TrackedName, number>();
  readonly #log2Size = { CMDQ: 0, EVENTQ: 0, PRIQ: 0 };

  constructor(onChange: OnChange) {
    this.#onChange = onChange;
  }

  /** Current value. */
  value(name: TrackedName): number {
    return this.#values.get(name) ?? 0;
  }

  /** Entries of a queue between CONS and PROD. */
  fill(queue: 'CMDQ' | 'EVENTQ' | 'PRIQ'): number {
    const mask = 2 ** (this.#log2Size[queue] + 1) - 1;
    return (this.value(`${queue}_PROD`) - this.value(`${queue}_CONS`)) & mask;
  }

  take(record: TraceRecord): void {
    HANDLERS[record.kind]?.(this, record);
  }

  set(name: TrackedName, value: number): void {
    if (this.value(name) !== value) {
      this.#values.set(name, value);
      this.#onChange(name, value);
    }
  }

  resize(queue: 'CMDQ' | 'EVENTQ' | 'PRIQ', log2: number): void {
    this.#log2Size[queue] = log2;
  }

  /** The entry at `index` was written or consumed: the register moves behind it. */
  advance(queue: 'CMDQ' | 'EVENTQ' | 'PRIQ', end: 'PROD' | 'CONS', index: number): void {
    const size = 2 ** this.#log2Size[queue];
    const before = this.value(`${queue}_${end}`);
    const wrap = before & size;
    const at = index & (size - 1);
    this.set(`${queue}_${end}`, (wrap + at + 1) & (2 * size - 1));
  }
}

const HANDLERS: Readonly<
  Partial<Record<TraceRecord['kind'], (tracker: QueueTracker, record: TraceRecord) => void>>
> = {
  mmio_write: (tracker, record) => register(tracker, record, true),
  mmio_read: (tracker, record) => register(tracker, record, false),
  command: (tracker, record) => {
    if (numberOf(record, 'cerror') === 0) {
      tracker.advance('CMDQ', 'CONS', numberOf(record, 'index'));
    }
  },
  event_result: (tracker, record) => {
    if (numberOf(record, 'result') === 0) {
      tracker.advance('EVENTQ', 'PROD', numberOf(record, 'index'));
    }
  },
  ppr: (tracker, record) => {
    if (numberOf(record, 'result') === 0) {
      tracker.advance('PRIQ', 'PROD', tracker.value('PRIQ_PROD'));
    }
  },
};

function register(tracker: QueueTracker, record: TraceRecord, written: boolean): void {
  const offset = numberOf(record, 'offset');
  const value = Number(bigOf(record, 'value') & 0xffff_ffffn);
  const queue = QUEUE_BASES.get(offset);
  const index = INDICES.get(offset);
  if (queue !== undefined && written) {
    tracker.resize(queue, value & 0x1f);
  } else if (index !== undefined) {
    tracker.set(index, value & INDEX_MASK);
  } else if (offset === REGISTERS.CR0.offset && written) {
    for (const [name, bit] of CR0_BITS) {
      tracker.set(name, (value >>> bit) & 1);
    }
  } else if (offset === REGISTERS.GERROR.offset && !written) {
    tracker.set('GERROR', value);
  } else if (offset === REGISTERS.GERRORN.offset && written) {
    tracker.set('GERRORN', value);
  }
}
