// MMU notifiers (mm/mmu_notifier.c, 4.20): who shares a process's tables hears of changes before the pages go.

import { ENOMEM } from '../errno.ts';
import type { MmStruct } from './mm-struct.ts';

/** Callbacks; addresses in bytes, `end` not included. */
export interface MmuNotifierOps {
  /** The address space ends: called before anything is unmapped, at most once. */
  release?(mn: MmuNotifier, mm: MmStruct): void;
  /** Translations of a range were removed or changed; its pages are freed after this returns. */
  invalidate_range?(mn: MmuNotifier, mm: MmStruct, start: number, end: number): void;
}

/** struct mmu_notifier. */
export interface MmuNotifier {
  readonly ops: MmuNotifierOps;
}

/** The notifiers of one address space, in the order of registration. */
export class MmuNotifiers {
  readonly #mm: MmStruct;
  readonly #registered = new Set<MmuNotifier>();
  readonly #mayAllocate: () => boolean;

  constructor(mm: MmStruct, mayAllocate: () => boolean) {
    this.#mm = mm;
    this.#mayAllocate = mayAllocate;
  }

  get size(): number {
    return this.#registered.size;
  }

  /** @returns 0, or -ENOMEM */
  register(mn: MmuNotifier): number {
    if (!this.#mayAllocate()) {
      return -ENOMEM;
    }
    this.#registered.add(mn);
    return 0;
  }

  /** @returns false when it was not registered (any more) */
  remove(mn: MmuNotifier): boolean {
    return this.#registered.delete(mn);
  }

  invalidateRange(start: number, end: number): void {
    for (const mn of [...this.#registered]) {
      mn.ops.invalidate_range?.(mn, this.#mm, start, end);
    }
  }

  /** Takes each notifier off the list, then tells it. */
  release(): void {
    for (const mn of [...this.#registered]) {
      if (this.#registered.delete(mn)) {
        mn.ops.release?.(mn, this.#mm);
      }
    }
  }
}
