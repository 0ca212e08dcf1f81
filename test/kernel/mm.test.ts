import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EFAULT, EINVAL, ENOMEM } from '../../sim/kernel/errno.ts';
import { KernelBase } from '../../sim/kernel/kernel-base.ts';
import {
  CPU_MAIR_HI,
  CPU_MAIR_LO,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../sim/kernel/mm/cpu-page-table.ts';
import {
  AddressSpaces,
  FAULT_FLAG_INSTRUCTION,
  FAULT_FLAG_WRITE,
  SegmentationFault,
  VM_FAULT_OOM,
  VM_FAULT_SIGSEGV,
} from '../../sim/kernel/mm/mm-struct.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { type Diagnostic, Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

const PAGE = 4096;
const RW = PROT_READ | PROT_WRITE;

function setUp() {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const machine = new Machine(recorder, clock);
  const diagnostics = new Diagnostics(recorder);
  const reports: Diagnostic[] = [];
  diagnostics.onReport = (report) => reports.push(report);
  const kernel = new KernelBase({ machine, diagnostics });
  const spaces = new AddressSpaces(kernel);
  const newMm = () => {
    const mm = spaces.mm_alloc();
    if (mm === null) throw new Error('no memory');
    return mm;
  };
  /** The last-level descriptor by an independent walk, and the level it ended at. */
  const walk = (pgd: number, va: number): { desc: bigint; level: number } => {
    let table = BigInt(pgd);
    for (let level = 0; ; level++) {
      const index = (BigInt(va) >> BigInt(39 - 9 * level)) & 511n;
      machine.memory.read64(Number(table + index * 8n));
      const desc = (BigInt(machine.memory.hi >>> 0) << 32n) | BigInt(machine.memory.lo >>> 0);
      if (level === 3 || (desc & 3n) !== 3n) return { desc, level };
      table = desc & 0xffff_ffff_f000n;
    }
  };
  return { kernel, machine, spaces, newMm, walk, reports, mm: newMm() };
}

describe('process address space', () => {
  it('reads zeros from a new area and gives back what was written, across pages', () => {
    const { mm } = setUp();
    const start = mm.mmap(3 * PAGE, RW);
    expect(mm.read(start + 100n, PAGE).every((byte) => byte === 0)).toBe(true);
    const bytes = Uint8Array.from({ length: 2 * PAGE }, (_, index) => index % 251);
    mm.write(start + 7n, bytes);
    expect(mm.read(start + 7n, bytes.length)).toEqual(bytes);
  });

  it('has no page until one is touched, and one for each that was', () => {
    const { mm, walk } = setUp();
    const start = Number(mm.mmap(4 * PAGE, RW));
    expect(walk(mm.pgd, start)).toEqual({ desc: 0n, level: 0 });
    expect(mm.follow(start)).toBe(-EFAULT);
    mm.write(start + PAGE, Uint8Array.of(1));
    expect(walk(mm.pgd, start).desc).toBe(0n);
    expect(walk(mm.pgd, start + PAGE).level).toBe(3);
    expect(Number(walk(mm.pgd, start + PAGE).desc & 0xffff_ffff_f000n)).toBe(
      mm.follow(start + PAGE),
    );
  });

  it.each([
    // Bits: type 1:0, AttrIndx 4 at 4:2, AP 7:6, SH 9:8, AF 10, nG 11; DBM 51, PXN 53, UXN 54, dirty 55.
    ['read of a readable area', PROT_READ, 0, 0x0060_0000_0000_0fd3n],
    ['read of a writable area', RW, 0, 0x0068_0000_0000_0fd3n],
    ['write of a writable area', RW, FAULT_FLAG_WRITE, 0x00e8_0000_0000_0f53n],
    [
      'fetch from an executable area',
      PROT_READ | PROT_EXEC,
      FAULT_FLAG_INSTRUCTION,
      0x20_0000_0000_0fd3n,
    ],
  ])('a fault for %s makes the descriptor of arm64', (...[, prot, flags, expected]) => {
    const { mm, walk } = setUp();
    const start = Number(mm.mmap(PAGE, prot));
    expect(mm.handle_mm_fault(start + 5, flags)).toBe(0);
    expect(walk(mm.pgd, start).desc & ~0xffff_ffff_f000n).toBe(expected & ~0xffff_ffff_f000n);
  });

  it('tells an SMMU the memory types of the CPUs', () => {
    const attr4 = (BigInt(CPU_MAIR_HI >>> 0) << 32n) | BigInt(CPU_MAIR_LO >>> 0);
    expect((attr4 >> 32n) & 0xffn).toBe(0xffn);
    expect(attr4).toBe(0xbbff_440c_0400n);
  });

  it.each([
    ['outside every area', 0, 0x1000, 0],
    ['a write to a read-only area', PROT_READ, undefined, FAULT_FLAG_WRITE],
    ['a fetch from data', RW, undefined, FAULT_FLAG_INSTRUCTION],
    ['any access to PROT_NONE', 0, undefined, 0],
  ])('refuses a fault for %s', (...[, prot, address, flags]) => {
    const { mm } = setUp();
    const start = Number(mm.mmap(PAGE, prot));
    expect(mm.handle_mm_fault(address ?? start, flags)).toBe(VM_FAULT_SIGSEGV);
  });

  it('throws what SIGSEGV tells when the process itself goes wrong', () => {
    const { mm } = setUp();
    const start = mm.mmap(PAGE, PROT_READ);
    expect(() => mm.read(start + BigInt(PAGE), 1)).toThrow(SegmentationFault);
    expect(() => mm.write(start, Uint8Array.of(1))).toThrow(/write at 0x/);
  });

  it('places areas top-down, takes free hints, and otherwise finds the highest gap', () => {
    const { mm } = setUp();
    const first = mm.mmap(PAGE, RW);
    const second = mm.mmap(2 * PAGE, RW);
    expect(second).toBe(first - BigInt(2 * PAGE));
    expect(mm.mmap(PAGE, RW, 0x7000_0000)).toBe(0x7000_0000n);
    expect(mm.mmap(PAGE, RW, 0x7000_0000)).toBe(second - BigInt(PAGE));
    mm.munmap(first, PAGE);
    expect(mm.mmap(PAGE, RW)).toBe(first);
  });

  it('places areas below the stack gap, also when a hint has put one into it', () => {
    const { mm } = setUp();
    const hint = 2n ** 48n - BigInt(PAGE);
    expect(mm.mmap(PAGE, RW, hint)).toBe(hint);
    expect(mm.mmap(PAGE, RW)).toBe(2n ** 48n - 0x800_0000n - BigInt(PAGE));
  });

  it.each([
    ['a length of 0', (mm: ReturnType<typeof setUp>['mm']) => mm.mmap(0, RW), BigInt(-EINVAL)],
    [
      'more than there is',
      (mm: ReturnType<typeof setUp>['mm']) => mm.mmap(2 ** 48, RW),
      BigInt(-ENOMEM),
    ],
    [
      'a misaligned munmap',
      (mm: ReturnType<typeof setUp>['mm']) => mm.munmap(0x1001, PAGE),
      -EINVAL,
    ],
    ['a munmap of nothing', (mm: ReturnType<typeof setUp>['mm']) => mm.munmap(0x1000, 0), -EINVAL],
    [
      'a munmap where nothing is',
      (mm: ReturnType<typeof setUp>['mm']) => mm.munmap(0x1000, PAGE),
      0,
    ],
  ])('answers %s as the system calls do', (_name, call, expected) => {
    expect(call(setUp().mm)).toBe(expected);
  });

  it('gives pages and tables back with what was unmapped', () => {
    const { mm, kernel } = setUp();
    const before = kernel.pages.livePages;
    const start = mm.mmap(4 * PAGE, RW);
    mm.write(start, new Uint8Array(4 * PAGE));
    expect(kernel.pages.livePages).toBe(before + 4 + 3);
    mm.munmap(start + BigInt(PAGE), PAGE);
    expect(kernel.pages.livePages).toBe(before + 3 + 3);
    expect(mm.vmas.length).toBe(2);
    mm.munmap(start, 4 * PAGE);
    expect(kernel.pages.livePages).toBe(before);
  });

  it('reports no memory for a page or a table, and leaks nothing', () => {
    for (let nth = 1; nth <= 4; nth++) {
      const { mm, kernel } = setUp();
      const start = Number(mm.mmap(PAGE, RW));
      kernel.pages.faults.failNth = kernel.pages.faults.count + nth;
      expect(mm.handle_mm_fault(start, FAULT_FLAG_WRITE)).toBe(VM_FAULT_OOM);
      kernel.pages.faults.failNth = 0;
      expect(mm.handle_mm_fault(start, FAULT_FLAG_WRITE)).toBe(0);
      mm.exit();
      expect(kernel.pages.livePages).toBe(0);
    }
  });

  it('never shows one process what another wrote', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.nat(1), page: fc.nat(3), drop: fc.boolean() }), {
          maxLength: 40,
        }),
        (steps) => {
          const { newMm, kernel } = setUp();
          const spaces = [newMm(), newMm()];
          const model = [new Map<number, number>(), new Map<number, number>()];
          for (const mm of spaces)
            for (let page = 0; page < 4; page++) mm.mmap(PAGE, RW, 0x10_0000 + page * PAGE);
          for (const [index, { who, page, drop }] of steps.entries()) {
            const mm = spaces[who];
            const at = 0x10_0000 + page * PAGE;
            if (drop) {
              mm?.munmap(at, PAGE);
              mm?.mmap(PAGE, RW, at);
              model[who]?.delete(page);
            } else {
              mm?.write(at, Uint8Array.of(index + 1));
              model[who]?.set(page, index + 1);
            }
          }
          const agrees = spaces.every((mm, who) =>
            [0, 1, 2, 3].every(
              (page) => mm.read(0x10_0000 + page * PAGE, 1)[0] === (model[who]?.get(page) ?? 0),
            ),
          );
          for (const mm of spaces) mm.exit();
          // The address space of setUp has its root only.
          return agrees && kernel.pages.livePages === 1;
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('MMU notifiers', () => {
  function watch(context: ReturnType<typeof setUp>, mm = context.mm) {
    const calls: string[] = [];
    const mn = {
      ops: {
        release: () => void calls.push(`release, ${context.kernel.pages.livePages} pages`),
        invalidate_range: (...[, , start, end]: [unknown, unknown, number, number]) =>
          void calls.push(
            `invalidate ${start.toString(16)}-${end.toString(16)}: ${mm.follow(start)}`,
          ),
      },
    };
    expect(context.spaces.mmu_notifier_register(mn, mm)).toBe(0);
    return { calls, mn };
  }

  it('hear of an unmap after the entry is cleared and before the page can be had again', () => {
    const context = setUp();
    const { mm, kernel } = context;
    const { calls, mn } = watch(context);
    const start = Number(mm.mmap(PAGE, RW, 0x7000_0000));
    mm.munmap(start, PAGE);
    expect(calls).toEqual([]);
    mm.mmap(PAGE, RW, start);
    mm.write(start, Uint8Array.of(1));
    const page = mm.follow(start);
    let reused = false;
    mn.ops.invalidate_range = (...args) => {
      const [, , from] = args;
      calls.push(`cleared: ${mm.follow(from)}`);
      const taken = kernel.pages.alloc(0);
      reused = taken === page;
      kernel.pages.free(taken, 0);
    };
    mm.munmap(start, PAGE);
    expect(calls).toEqual([`cleared: ${-EFAULT}`]);
    expect(reused).toBe(false);
  });

  it('hear when a clean page becomes writable, and when protection changes', () => {
    const context = setUp();
    const { mm } = context;
    const { calls } = watch(context);
    const start = Number(mm.mmap(PAGE, RW, 0x7000_0000));
    mm.read(start, 1);
    expect(calls).toEqual([]);
    mm.write(start, Uint8Array.of(9));
    expect(calls).toEqual([`invalidate 70000000-70001000: ${-EFAULT}`]);
    expect(mm.read(start, 1)[0]).toBe(9);
    expect(mm.mprotect(start, PAGE, PROT_READ)).toBe(0);
    expect(calls.length).toBe(2);
    expect(() => mm.write(start, Uint8Array.of(1))).toThrow(SegmentationFault);
    expect(mm.mprotect(start, 2 * PAGE, RW)).toBe(-ENOMEM);
  });

  it('are released once, at exit, while everything is still mapped', () => {
    const context = setUp();
    const { mm, spaces, kernel, reports } = context;
    const { calls, mn } = watch(context);
    mm.write(mm.mmap(PAGE, RW), Uint8Array.of(1));
    const pages = kernel.pages.livePages;
    mm.exit();
    expect(calls).toEqual([`release, ${pages} pages`]);
    // The structure and its root live until the last holder lets go.
    expect(kernel.pages.livePages).toBe(1);
    spaces.mmu_notifier_unregister(mn, mm);
    expect(calls.length).toBe(1);
    expect(kernel.pages.livePages).toBe(0);
    expect(reports).toEqual([]);
  });

  it('are released by unregistering before the exit', () => {
    const context = setUp();
    const { calls, mn } = watch(context);
    context.spaces.mmu_notifier_unregister(mn, context.mm);
    expect(calls.length).toBe(1);
    context.mm.exit();
    expect(calls.length).toBe(1);
    expect(context.kernel.pages.livePages).toBe(0);
  });

  it('cannot be registered after the exit, nor keep the contents alive', () => {
    const context = setUp();
    const { mm, spaces } = context;
    const start = Number(mm.mmap(PAGE, RW));
    mm.write(start, Uint8Array.of(1));
    mm.mmgrab();
    expect(mm.mmget_not_zero()).toBe(true);
    mm.exit();
    // The extra use keeps everything mapped.
    expect(mm.read(start, 1)[0]).toBe(1);
    mm.mmput();
    expect(mm.mmget_not_zero()).toBe(false);
    expect(spaces.mmu_notifier_register({ ops: {} }, mm)).toBe(-EINVAL);
    expect(mm.handle_mm_fault(start, 0)).toBe(VM_FAULT_SIGSEGV);
    mm.mmdrop();
    expect(context.kernel.pages.livePages).toBe(0);
  });

  it('report a second exit as a mistake', () => {
    const { mm, reports } = setUp();
    mm.exit();
    mm.exit();
    expect(reports.map((report) => report.class)).toEqual(['api-misuse']);
  });
});
