// Custom I/O ASID allocators (ioasid_register_allocator, 5.11): a driver whose numbers come from somewhere
// else, a hypervisor, takes over allocation. The first one registered is active; when it goes, the next.

import { EAGAIN, EEXIST, ENOMEM } from './errno.ts';
import type { KernelBase } from './kernel-base.ts';

/** struct ioasid_allocator_ops. */
export interface IoasidAllocatorOps {
  alloc(min: number, max: number, pdata: unknown): number;
  free(ioasid: number, pdata: unknown): void;
  readonly pdata?: unknown;
}

/** Allocators with the same functions: they share one table of numbers. */
interface Shared {
  readonly users: IoasidAllocatorOps[];
  readonly ids: Set<number>;
}

/** The custom allocators of one kernel. */
export class IoasidAllocators {
  readonly #kernel: KernelBase;
  readonly #list: Shared[] = [];

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
  }

  /** The allocator that serves now, undefined for the kernel's own. */
  get active(): IoasidAllocatorOps | undefined {
    return this.#list[0]?.users[0];
  }

  /**
   * Registers an allocator. `outstanding`: numbers that the kernel's own has given out.
   * @returns 0; -ENOMEM; -EAGAIN the kernel's own has numbers out; -EEXIST registered already
   */
  register(ops: IoasidAllocatorOps, outstanding: number): number {
    const { log } = this.#kernel;
    if (!this.#kernel.kmalloc('ioasid_allocator')) {
      return -ENOMEM;
    }
    if (this.#list.length === 0 && outstanding > 0) {
      log.pr_warn('Default allocator active with outstanding IOASID');
      return -EAGAIN;
    }
    if (this.#list.some(({ users }) => users.includes(ops))) {
      log.pr_err('IOASID allocator already registered');
      return -EEXIST;
    }
    const same = this.#list.find(
      ({ users: [first] }) => first?.alloc === ops.alloc && first.free === ops.free,
    );
    if (same !== undefined) {
      same.users.push(ops);
    } else {
      this.#list.push({ users: [ops], ids: new Set() });
    }
    return 0;
  }

  /** Removes an allocator; a warning when numbers of it are still out. */
  unregister(ops: IoasidAllocatorOps): void {
    const shared = this.#list.find(({ users }) => users.includes(ops));
    if (shared === undefined) {
      this.#kernel.misuse('ioasid.c', 'ioasid_unregister_allocator: it is not registered');
      return;
    }
    shared.users.splice(shared.users.indexOf(ops), 1);
    if (shared.users.length === 0) {
      this.#kernel.log.warnOn(shared.ids.size > 0, 'ioasid_unregister_allocator');
      this.#list.splice(this.#list.indexOf(shared), 1);
    }
  }

  /** Notes a number that the active allocator gave. */
  took(id: number): void {
    this.#list[0]?.ids.add(id);
  }

  /** Gives a number back to the allocator it is from; nothing when that is the kernel's own. */
  gave(id: number): void {
    const shared = this.#list.find(({ ids }) => ids.delete(id));
    const [ops] = shared?.users ?? [];
    ops?.free(id, ops.pdata);
  }
}
