// The I/O ASID allocator: one number space per kernel, sets as owner tags. In seed18 (drivers/base, Oct
// 2018) `max` is exclusive and 0 means no limit; in attr19 (drivers/iommu, v5.5) it is inclusive.

import type { PasidState } from '../trace/object-state.ts';
import type { ErrorPointer } from './errno.ts';
import { EACCES, ENOENT, ERR_PTR } from './errno.ts';
import { IoasidAllocators } from './ioasid-allocators.ts';
import type { KernelBase } from './kernel-base.ts';
import { pasidState } from './object-states.ts';

export const INVALID_IOASID = 0xffff_ffff;
const NO_LIMIT = 0x7fff_ffff;
const SOURCE = 'ioasid.c';
/** Minima that are remembered: each costs a look when an ID is freed. */
const MOST_MINIMA = 64;

/** struct ioasid_set: only its identity matters. */
export interface IoasidSet {
  readonly name: string;
}

/** ioasid_iter_t: a non-zero result stops the iteration. */
export type IoasidIterator = (id: number, data: unknown, arg: unknown) => number;

interface Entry {
  readonly set: IoasidSet | null;
  private: unknown;
  references: number;
  /** Trace record that caused the allocation. */
  readonly cause: number;
}

/** One PASID that is taken: the leak report's line. */
export interface IoasidHolder {
  readonly id: number;
  /** Name of the set that owns it. */
  readonly owner: string;
  readonly private: unknown;
  /** Record that caused the allocation: its chain leads to the script line. */
  readonly cause: number;
}

/** All IDs of one kernel. */
export class Ioasid {
  readonly #kernel: KernelBase;
  readonly #entries = new Map<number, Entry>();
  /** By minimum: every ID from it up to this one is taken. */
  readonly #taken = new Map<number, number>();
  /** Custom allocators (attr19). */
  readonly allocators: IoasidAllocators;

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
    this.allocators = new IoasidAllocators(kernel);
  }

  /** The lowest free ID in range, tagged with `set`; INVALID_IOASID when there is none or no memory. */
  alloc(set: IoasidSet | null, min: number, max: number, data: unknown): number {
    const inclusive = this.#kernel.config.profile === 'attr19';
    const last = inclusive ? max : max === 0 ? NO_LIMIT : max - 1;
    const custom = this.allocators.active;
    const id = custom?.alloc(min, last, custom.pdata) ?? this.#firstFree(min, last);
    if (custom !== undefined && id !== INVALID_IOASID && !this.#entries.has(id)) {
      this.allocators.took(id);
    } else if (custom !== undefined) {
      this.#kernel.log.pr_err('Failed ASID allocation %d', id);
      return INVALID_IOASID;
    }
    if ((custom === undefined && id > last) || !this.#kernel.kmalloc('ioasid')) {
      this.allocators.gave(id);
      if (inclusive) {
        this.#kernel.log.pr_err('Failed to alloc ioasid from %d to %d', min, max);
      }
      return INVALID_IOASID;
    }
    const cause = this.#kernel.recorder.cause;
    this.#entries.set(id, { set, private: data, references: 1, cause });
    this.#kernel.noteObject('pasid', id, `PASID ${id} for ${set?.name ?? 'no set'}`);
    this.#note(id);
    return id;
  }

  /** Allocates with an inclusive maximum, whatever the profile: what drivers mean by a device limit. */
  allocUpTo(set: IoasidSet, min: number, last: number, data: unknown): number {
    const inclusive = this.#kernel.config.profile === 'attr19';
    return this.alloc(set, min, inclusive ? last : last + 1, data);
  }

  /** Gives an ID back; an unknown one is ignored, with a diagnostic. */
  free(id: number): void {
    if (!this.#entries.delete(id)) {
      this.#kernel.misuse(SOURCE, `ioasid_free: IOASID ${id} is not allocated`);
      return;
    }
    this.allocators.gave(id);
    for (const [min, upTo] of this.#taken) {
      if (id >= min && id < upTo) {
        this.#taken.set(min, id);
      }
    }
    this.#kernel.noteObject('pasid', id, `PASID ${id} is free`);
    this.#note(id);
  }

  /**
   * The private data of an ID. seed18: NULL when unknown or of another set. attr19: ERR_PTR(-ENOENT)
   * unknown, ERR_PTR(-EACCES) another set, NULL when `getter` refuses; a NULL set accepts any.
   */
  find(
    set: IoasidSet | null,
    id: number,
    getter?: ((data: unknown) => boolean) | null,
  ): unknown | ErrorPointer | null {
    const entry = this.#entries.get(id);
    const later = this.#kernel.config.profile === 'attr19';
    if (entry === undefined) {
      return later ? ERR_PTR(-ENOENT) : null;
    }
    if (entry.set !== set && !(later && set === null)) {
      return later ? ERR_PTR(-EACCES) : null;
    }
    if (getter !== undefined && getter !== null && !getter(entry.private)) {
      return null;
    }
    return entry.private;
  }

  /** Visits the IDs of one set in ascending order; a non-zero result stops and is returned. */
  forEach(set: IoasidSet, fn: IoasidIterator, arg: unknown): number {
    for (const id of [...this.#entries.keys()].sort((a, b) => a - b)) {
      const entry = this.#entries.get(id);
      if (entry?.set === set) {
        const ret = fn(id, entry.private, arg);
        if (ret !== 0) {
          return ret;
        }
      }
    }
    return 0;
  }

  /** 0, or -ENOENT when the ID does not exist. */
  setData(id: number, data: unknown): number {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      return -ENOENT;
    }
    entry.private = data;
    this.#note(id);
    return 0;
  }

  /** One more reference; a WARN when the ID is unknown. */
  get(id: number): void {
    const entry = this.#entries.get(id);
    if (!this.#kernel.log.warnOn(entry === undefined, 'ioasid_get') && entry !== undefined) {
      entry.references++;
      this.#note(id);
    }
  }

  /** Drops a reference; true when that freed the ID. */
  put(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#kernel.log.pr_warn('Trying to free unknown IOASID %u', id);
      return false;
    }
    entry.references--;
    if (entry.references > 0) {
      this.#note(id);
      return false;
    }
    this.free(id);
    return true;
  }

  /** How an ID stands for the trace; undefined when it is free. */
  stateOf(id: number): PasidState | undefined {
    const entry = this.#entries.get(id);
    return entry && pasidState(entry.set?.name ?? 'no set', entry.references, entry.private);
  }

  #note(id: number): void {
    if (this.#kernel.recorder.enabled) {
      this.#kernel.noteState('pasid', id, this.stateOf(id));
    }
  }

  /** Every ID that is taken, ascending. */
  holders(): IoasidHolder[] {
    return [...this.#entries]
      .sort(([a], [b]) => a - b)
      .map(([id, entry]) => ({
        id,
        owner: entry.set?.name ?? 'no set',
        private: entry.private,
        cause: entry.cause,
      }));
  }

  /** IDs that are taken. */
  get count(): number {
    return this.#entries.size;
  }

  #firstFree(min: number, last: number): number {
    let id = this.#taken.get(min) ?? min;
    while (id <= last && this.#entries.has(id)) {
      id++;
    }
    if (this.#taken.size >= MOST_MINIMA) {
      this.#taken.clear();
    }
    this.#taken.set(min, id);
    return id;
  }
}
