// What every part of the kernel side stands on: machine, configuration, log, pages, registers, interrupts.
// Parts import this file; `kernel.ts` composes them. The hardware is reached only through bus and memory.

import { hi32, lo32 } from '../base/hex.ts';
import type { Machine } from '../machine/machine.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import { K } from '../trace/kinds.ts';
import type { ObjectKind, ObjectStates } from '../trace/object-state.ts';
import type { Recorder } from '../trace/recorder.ts';
import { InterruptTable } from './interrupt.ts';
import type { Device } from './iommu-types.ts';
import type { KernelConfig, SmmuMsi } from './kernel-config.ts';
import { DEFAULT_KERNEL_CONFIG } from './kernel-config.ts';
import { get_order, NO_PAGE, PageAllocator } from './mm/page-alloc.ts';
import { KernelLog } from './printk.ts';
import { Waits } from './wait.ts';

/** What a kernel is made of. */
export interface KernelOptions {
  readonly machine: Machine;
  readonly diagnostics: Diagnostics;
  readonly config?: Partial<KernelConfig>;
}

/** The kernel without its subsystems. One per machine; nothing is shared between two. */
export class KernelBase {
  readonly machine: Machine;
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;
  readonly config: KernelConfig;
  readonly log: KernelLog;
  readonly pages: PageAllocator;
  readonly interrupts: InterruptTable;
  readonly waits: Waits;
  /** Told of each coherent allocation that is made (`pa` < 0: it failed) and given back. */
  onCoherent:
    | ((op: 'alloc' | 'free', what: string, pa: number, size: number, dev: Device) => void)
    | undefined;

  /** Text of the state that was told last of each object. */
  readonly #noted = new Map<string, number>();
  /** Told of each object as it comes, changes or goes; see {@link noteObject}. */
  onObject: ((what: string, id: number, text: string) => void) | undefined;
  /** The platform's answer to a DMA mask; 0 when nobody asks to hear of it. */
  onDmaMask: ((mask: number) => number) | undefined;

  constructor(options: KernelOptions) {
    this.machine = options.machine;
    this.recorder = options.machine.recorder;
    this.diagnostics = options.diagnostics;
    this.config = { ...DEFAULT_KERNEL_CONFIG, ...options.config };
    this.log = new KernelLog(this.recorder, options.machine.clock);
    this.pages = new PageAllocator(options.machine, options.diagnostics);
    this.interrupts = new InterruptTable(options.machine, this.log);
    this.waits = new Waits(options.machine, this.log);
  }

  /** PAGE_SIZE, bytes. */
  get pageSize(): number {
    return 2 ** this.config.page_shift;
  }

  /** Time since boot, ticks (nanoseconds). */
  get now(): number {
    return this.machine.clock.now;
  }

  /** Stores 8 bytes of a structure that the hardware reads; `what` as in the trace's `mem_write`. */
  store64(what: number, pa: number, lo: number, hi: number): void {
    this.machine.memory.write64(pa, lo, hi);
    this.recorder.emit(K.mem_write, what, lo32(pa), hi32(pa), lo, hi);
  }

  /** The script called the API in a way that the kernel does not check. */
  misuse(section: string, text: string): void {
    this.diagnostics.report('api-misuse', section, text);
  }

  /** A kernel object comes, changes or goes: the trace's `object`. */
  noteObject(what: string, id: number, text: string): void {
    const recorder = this.recorder;
    this.onObject?.(what, id, text);
    if (recorder.enabled) {
      recorder.emit(K.object, recorder.intern(what), id, recorder.intern(text));
    }
  }

  /**
   * An object stands so from here on, or is gone: the trace's `state`. The same state is told once; of
   * PASIDs, of which there may be a million, the callers tell changes only.
   */
  noteState<W extends ObjectKind>(
    what: W,
    key: number | string,
    state: ObjectStates[W] | undefined,
  ): void {
    const recorder = this.recorder;
    if (!recorder.enabled) {
      return;
    }
    const text = recorder.intern(state === undefined ? '' : JSON.stringify(state));
    const id = typeof key === 'number' ? key : 0;
    const name = typeof key === 'number' ? 0 : recorder.intern(key);
    const slot = `${what} ${key}`;
    if (what !== 'pasid' && (this.#noted.get(slot) ?? 0) === text) {
      return;
    }
    if (text === 0) {
      this.#noted.delete(slot);
    } else if (what !== 'pasid') {
      this.#noted.set(slot, text);
    }
    recorder.emit(K.state, recorder.intern(what), id, name, text);
  }

  /**
   * dma_alloc_coherent() of a driver that the SMMU itself does not translate: zeroed memory, aligned
   * to its size; undefined without memory. `what` names it in the trace.
   */
  alloc_coherent(dev: Device, size: number, what: string): number | undefined {
    const pa = this.pages.alloc(get_order(size), what);
    this.onCoherent?.('alloc', what, pa, size, dev);
    if (pa === NO_PAGE) {
      return undefined;
    }
    this.machine.memory.fill(pa, size);
    return pa;
  }

  /** Gives back what {@link alloc_coherent} returned for the same size. */
  free_coherent(dev: Device, pa: number, size: number, what: string): void {
    this.onCoherent?.('free', what, pa, size, dev);
    this.pages.free(pa, get_order(size));
  }

  /** dma_set_mask_and_coherent() of the table walker: `bits` of address. 0, or -EIO as the platform says. */
  set_dma_mask(dev: Device, bits: number): number {
    dev.dma_mask = 2 ** bits - 1;
    dev.coherent_dma_mask = dev.dma_mask;
    return this.onDmaMask?.(dev.dma_mask) ?? 0;
  }

  /** platform_msi_domain_alloc_irqs(): 0, or what the platform says. */
  allocMsis(msi: SmmuMsi, vectors: number): number {
    const ret = msi.fails === undefined ? 0 : -msi.fails;
    this.noteObject('msi_alloc', vectors, String(ret));
    return ret;
  }

  /** kmalloc() and friends: false when the allocation `what` must fail. */
  kmalloc(what: string): boolean {
    return !this.pages.faults.shouldFail(what);
  }
}
