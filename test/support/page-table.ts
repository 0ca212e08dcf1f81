// One page table in a machine of its own, with what it told its owner.

import { alloc_io_pgtable_ops } from '../../sim/kernel/io-pgtable.ts';
import {
  IO_PGTABLE_QUIRK_NO_DMA,
  type IoPgtableCfg,
  type IoPgtableOps,
} from '../../sim/kernel/io-pgtable-cfg.ts';
import { PageAllocator } from '../../sim/kernel/mm/page-alloc.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

export interface TableRequest {
  readonly fmt: number;
  readonly pgsizes: number;
  readonly ias: number;
  readonly oas: number;
  readonly quirks?: number;
}

export interface TestTable {
  readonly ops: IoPgtableOps;
  readonly cfg: IoPgtableCfg<null>;
  readonly machine: Machine;
  readonly pages: PageAllocator;
  readonly warnings: string[];
  readonly tlb: string[];
}

/** @throws Error when the table is refused */
export function makeTestTable({ fmt, pgsizes, ias, oas, quirks }: TableRequest): TestTable {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const machine = new Machine(recorder, clock);
  const pages = new PageAllocator(machine, new Diagnostics(recorder));
  const warnings: string[] = [];
  const tlb: string[] = [];
  const cfg: IoPgtableCfg<null> = {
    pgsize_bitmap: pgsizes,
    ias,
    oas,
    quirks: quirks ?? IO_PGTABLE_QUIRK_NO_DMA,
    tlb: {
      tlb_flush_all: () => void tlb.push('all'),
      tlb_add_flush: (...[iova, size, granule, leaf]) =>
        void tlb.push(`add ${iova} ${size} ${granule} ${leaf}`),
      tlb_sync: () => void tlb.push('sync'),
    },
    iommu_dev: {
      memory: machine.memory,
      recorder,
      pages,
      warn: (func, line) => void warnings.push(`${func}:${line}`),
    },
  };
  const ops = alloc_io_pgtable_ops(fmt, cfg, null);
  if (ops === null) throw new Error('the page table was refused');
  return { ops, cfg, machine, pages, warnings, tlb };
}
