// A process address space: areas, demand-zero pages in real tables, and notifiers for who shares the tables.
// Limits: anonymous private memory only, no fork (no copy-on-write), no swap, no huge pages. A first read maps the
// page read-only even in a writable area, so that a later device write faults once more (model decision: Linux
// maps the shared zero page there).

import { EFAULT, EINVAL, ENOMEM } from '../errno.ts';
import type { KernelBase } from '../kernel-base.ts';
import { CpuPageTable, PROT_EXEC, PROT_READ, PROT_WRITE } from './cpu-page-table.ts';
import type { MmuNotifier } from './mmu-notifier.ts';
import { MmuNotifiers } from './mmu-notifier.ts';
import { NO_PAGE } from './page-alloc.ts';
import { PAGE_SIZE } from './page-zone.ts';
import type { Vma } from './vma.ts';
import { pageAlign, TASK_SIZE, VmaList } from './vma.ts';

const SOURCE = 'mm/mmap.c';

/** Flags of handle_mm_fault. */
export const FAULT_FLAG_WRITE = 0x01;
export const FAULT_FLAG_INSTRUCTION = 0x100;
/** Results of handle_mm_fault; 0 is success. */
export const VM_FAULT_OOM = 0x01;
export const VM_FAULT_SIGSEGV = 0x40;

/** A process touched memory that it may not: what SIGSEGV tells. */
export class SegmentationFault extends Error {
  override readonly name = 'SegmentationFault';
  /** Bytes. */
  readonly address: number;

  constructor(address: number, write: boolean) {
    super(`SIGSEGV: ${write ? 'write' : 'read'} at 0x${address.toString(16)}`);
    this.address = address;
  }
}

/** struct mm_struct with the process that lives in it. Addresses in bytes. */
export class MmStruct {
  /** Number for people and the trace. */
  readonly id: number;
  readonly notifiers: MmuNotifiers;
  readonly #kernel: KernelBase;
  readonly #table: CpuPageTable;
  readonly #vmas = new VmaList();
  /** Users of the address space (the process is one), and holders of the structure. */
  #users = 1;
  #count = 1;
  #exited = false;

  constructor(kernel: KernelBase, table: CpuPageTable, id: number) {
    this.#kernel = kernel;
    this.#table = table;
    this.id = id;
    this.notifiers = new MmuNotifiers(this, () => kernel.kmalloc('mmu_notifier_mm'));
  }

  /** Physical address of the root table, bytes: what an SMMU gets as TTB0. */
  get pgd(): number {
    return this.#table.pgd;
  }

  get mm_users(): number {
    return this.#users;
  }

  get mm_count(): number {
    return this.#count;
  }

  /** The areas, by address. */
  get vmas(): readonly Vma[] {
    return this.#vmas.all;
  }

  /**
   * Adds an area of zeroed memory; pages come when they are first touched.
   *
   * @param len bytes, rounded up to pages
   * @param prot PROT_READ, PROT_WRITE, PROT_EXEC, or 0
   * @param addr where it should be; taken as a hint, as mmap without MAP_FIXED does
   * @returns start of the area, or a negative errno: -EINVAL for a length of 0, -ENOMEM for no room or
   *   memory, or when the process has exited
   */
  mmap(len: number, prot: number, addr: number | bigint = 0): bigint {
    const length = pageAlign(len);
    if (length === 0) {
      return BigInt(-EINVAL);
    }
    const start = this.#vmas.place(length, pageAlign(Number(addr)));
    if (this.#exited || start < 0 || length > TASK_SIZE || !this.#kernel.kmalloc('vm_area')) {
      return BigInt(-ENOMEM);
    }
    this.#vmas.add({ start, end: start + length, prot });
    return BigInt(start);
  }

  /**
   * Removes what is mapped in [addr, addr + len): translations go first, then whoever shares the tables is
   * told, then the pages are freed.
   *
   * @returns 0 (also when nothing was mapped), or -EINVAL for a misaligned address or a length of 0
   */
  munmap(addr: number | bigint, len: number): number {
    const start = Number(addr);
    const end = start + pageAlign(len);
    if (start % PAGE_SIZE !== 0 || len <= 0 || end > TASK_SIZE) {
      return -EINVAL;
    }
    this.#vmas.cut(start, end);
    this.#unmapRange(start, end);
    return 0;
  }

  /**
   * Changes what may be done in [addr, addr + len).
   *
   * @returns 0; -EINVAL misaligned; -ENOMEM part of the range is in no area
   */
  mprotect(addr: number | bigint, len: number, prot: number): number {
    const start = Number(addr);
    const end = start + pageAlign(len);
    if (start % PAGE_SIZE !== 0) {
      return -EINVAL;
    }
    if (!this.#vmas.protect(start, end, prot)) {
      return -ENOMEM;
    }
    const changed = [...this.#table.present(start, end)];
    // A page that could be written stays writable only if the area lets it.
    for (const va of changed) {
      const pte = this.#table.lookUp(va);
      if (pte !== undefined) {
        this.#table.map(va, pte.pa, prot, (pte.prot & PROT_WRITE) !== 0);
      }
    }
    if (changed.length > 0) {
      this.notifiers.invalidateRange(start, end);
    }
    return 0;
  }

  /**
   * Reads as the process does, faulting pages in.
   * @throws SegmentationFault outside every area, or without PROT_READ
   */
  read(addr: number | bigint, len: number): Uint8Array {
    const bytes = new Uint8Array(len);
    for (const { pa, from, size } of this.#pieces(Number(addr), len, false)) {
      bytes.set(this.#kernel.machine.memory.readBytes(pa, size) ?? [], from);
    }
    return bytes;
  }

  /**
   * Writes as the process does, faulting pages in.
   * @throws SegmentationFault outside every area, or without PROT_WRITE
   */
  write(addr: number | bigint, bytes: Uint8Array): void {
    for (const { pa, from, size } of this.#pieces(Number(addr), bytes.length, true)) {
      this.#kernel.machine.memory.writeBytes(pa, bytes.subarray(from, from + size));
    }
  }

  /** The process ends: its use of the address space goes, and with the last user the contents. */
  exit(): void {
    if (this.#exited) {
      this.#kernel.misuse(SOURCE, `mm ${this.id} has exited already`);
      return;
    }
    this.#exited = true;
    this.mmput();
  }

  /** find_vma() for an address that must be inside: the area, or undefined. */
  find_vma(addr: number): Vma | undefined {
    return this.#vmas.at(addr);
  }

  /**
   * Makes the page at `addr` present, as a page fault does.
   *
   * @param flags FAULT_FLAG_WRITE, FAULT_FLAG_INSTRUCTION
   * @returns 0; VM_FAULT_SIGSEGV outside every area or against its protection; VM_FAULT_OOM
   */
  handle_mm_fault(addr: number, flags: number): number {
    const area = this.#vmas.at(addr);
    const write = (flags & FAULT_FLAG_WRITE) !== 0;
    const exec = (flags & FAULT_FLAG_INSTRUCTION) !== 0;
    const needed = write ? PROT_WRITE : exec ? PROT_EXEC : PROT_READ | PROT_WRITE;
    if (area === undefined || this.#users === 0 || (area.prot & needed) === 0) {
      return VM_FAULT_SIGSEGV;
    }
    const va = addr - (addr % PAGE_SIZE);
    const present = this.#table.lookUp(va);
    if (present !== undefined) {
      if (write && (present.prot & PROT_WRITE) === 0) {
        // As when Linux replaces the zero page: break, tell, make.
        this.#table.unmap(va);
        this.notifiers.invalidateRange(va, va + PAGE_SIZE);
        this.#table.map(va, present.pa, area.prot, true);
      }
      return 0;
    }
    const pa = this.#kernel.pages.allocZeroed(0, 'anonymous page');
    if (pa === NO_PAGE) {
      return VM_FAULT_OOM;
    }
    if (!this.#table.map(va, pa, area.prot, write)) {
      this.#kernel.pages.free(pa, 0);
      return VM_FAULT_OOM;
    }
    return 0;
  }

  /** Takes a use of the address space; false when it is gone: mmget_not_zero(). */
  mmget_not_zero(): boolean {
    if (this.#users === 0) {
      return false;
    }
    this.#users++;
    return true;
  }

  /** Gives a use back; with the last one notifiers are released and everything is unmapped. */
  mmput(): void {
    if (this.#users === 0) {
      this.#kernel.misuse(SOURCE, `mm ${this.id}: mmput without a use`);
      return;
    }
    if (--this.#users === 0) {
      this.notifiers.release();
      this.#vmas.cut(0, TASK_SIZE);
      this.#unmapRange(0, TASK_SIZE);
      this.#kernel.noteObject('mm', this.id, 'exit');
      this.mmdrop();
    }
  }

  /** Holds the structure, not its contents. */
  mmgrab(): void {
    this.#count++;
  }

  /** Lets the structure go; with the last holder the root table is freed. */
  mmdrop(): void {
    if (this.#count === 0) {
      this.#kernel.misuse(SOURCE, `mm ${this.id}: mmdrop without a reference`);
      return;
    }
    if (--this.#count === 0) {
      this.#table.release();
    }
  }

  /**
   * Physical address behind a user address as the tables say now, or -EFAULT (no fault is taken).
   */
  follow(addr: number): number {
    const pte = this.#table.lookUp(addr);
    return pte === undefined ? -EFAULT : pte.pa + (addr % PAGE_SIZE);
  }

  *#pieces(
    addr: number,
    length: number,
    write: boolean,
  ): Generator<{ pa: number; from: number; size: number }> {
    for (let done = 0; done < length; ) {
      const va = addr + done;
      const size = Math.min(length - done, PAGE_SIZE - (va % PAGE_SIZE));
      yield { pa: this.#access(va, write), from: done, size };
      done += size;
    }
  }

  #access(va: number, write: boolean): number {
    const needed = write ? PROT_WRITE : PROT_READ;
    const pte = this.#table.lookUp(va);
    if (pte === undefined || (pte.prot & needed) === 0) {
      if (this.handle_mm_fault(va, write ? FAULT_FLAG_WRITE : 0) !== 0) {
        throw new SegmentationFault(va, write);
      }
    }
    return this.follow(va);
  }

  #unmapRange(start: number, end: number): void {
    const pages: number[] = [];
    for (const va of [...this.#table.present(start, end)]) {
      const pa = this.#table.unmap(va);
      if (pa !== undefined) {
        pages.push(pa);
      }
    }
    if (pages.length > 0) {
      this.notifiers.invalidateRange(start, end);
    }
    for (const pa of pages) {
      this.#kernel.pages.free(pa, 0);
    }
    this.#table.freeTables(start, end, (from, to) => this.#vmas.isFree(from, to));
  }
}

/** The address spaces of one kernel. */
export class AddressSpaces {
  readonly #kernel: KernelBase;
  #next = 1;

  constructor(kernel: KernelBase) {
    this.#kernel = kernel;
  }

  /**
   * Makes an empty address space with a process in it.
   *
   * @returns the mm, or NULL (`null`) without memory
   * @remarks A script stands for the process: mmap, read, write and exit are its actions.
   */
  mm_alloc(): MmStruct | null {
    if (!this.#kernel.kmalloc('mm_struct')) {
      return null;
    }
    const table = CpuPageTable.create(this.#kernel.machine, this.#kernel.pages);
    if (table === undefined) {
      return null;
    }
    const mm = new MmStruct(this.#kernel, table, this.#next++);
    this.#kernel.noteObject('mm', mm.id, 'alloc');
    return mm;
  }

  /**
   * Registers callbacks for changes of an address space, and holds the mm.
   * @returns 0, -ENOMEM, or -EINVAL when the process has exited (the kernel has a BUG there)
   */
  mmu_notifier_register(mn: MmuNotifier, mm: MmStruct): number {
    if (mm.mm_users === 0) {
      return -EINVAL;
    }
    const ret = mm.notifiers.register(mn);
    if (ret === 0) {
      mm.mmgrab();
    }
    return ret;
  }

  /** Ends a registration, with a last `release` if there was none, and drops the mm. */
  mmu_notifier_unregister(mn: MmuNotifier, mm: MmStruct): void {
    if (mm.notifiers.remove(mn)) {
      mn.ops.release?.(mn, mm);
    }
    mm.mmdrop();
  }

  /** As mmu_notifier_unregister, without calling `release`. */
  mmu_notifier_unregister_no_release(mn: MmuNotifier, mm: MmStruct): void {
    mm.notifiers.remove(mn);
    mm.mmdrop();
  }
}
