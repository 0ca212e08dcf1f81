// Nanoseconds an operation of the page-table code alone (4 KiB granule, stage 1, tables there, no trace), laid
// out as the native C figures were: contiguous, shuffled, and scattered over 64 GiB.

import { alloc_io_pgtable_ops } from '../../sim/kernel/io-pgtable.ts';
import {
  ARM_64_LPAE_S1,
  IO_PGTABLE_QUIRK_NO_DMA,
  type IoPgtableCfg,
  type IoPgtableOps,
} from '../../sim/kernel/io-pgtable-cfg.ts';
import { PageAllocator } from '../../sim/kernel/mm/page-alloc.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import { median, nanoseconds, rounded } from './measure.ts';

const PAGE = 4096;
const COUNT = 2 ** 16;
const BASE = 0x10_0000_0000;
const PROT = 3;
const ROUNDS = 15;

/** One figure for each layout, ns an operation. */
export interface LayoutFigures {
  readonly contiguous: number;
  readonly shuffled: number;
  readonly sparse: number;
}

/** The measures by their key in `bench --json`. */
export interface IoptFigures {
  readonly iopt_map_4k: LayoutFigures;
  readonly iopt_unmap_4k: LayoutFigures;
  readonly iopt_iova_to_phys: LayoutFigures;
}

type Layout = keyof LayoutFigures;

/** A table in a machine of its own. */
function makeTable(): IoPgtableOps {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock, { enabled: false });
  const machine = new Machine(recorder, clock);
  const cfg: IoPgtableCfg<null> = {
    pgsize_bitmap: 0x4020_1000,
    ias: 48,
    oas: 48,
    quirks: IO_PGTABLE_QUIRK_NO_DMA,
    tlb: { tlb_flush_all: () => {}, tlb_add_flush: () => {}, tlb_sync: () => {} },
    iommu_dev: {
      memory: machine.memory,
      recorder,
      pages: new PageAllocator(machine, new Diagnostics(recorder)),
      warn: (func) => {
        throw new Error(`WARN in ${func}`);
      },
    },
  };
  const ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, cfg, null);
  if (ops === null) throw new Error('no page table');
  return ops;
}

/** The same numbers in every run. */
function* random(): Generator<number, never> {
  for (let state = 12345; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function shuffle(values: Float64Array): Float64Array {
  const next = random();
  for (let at = values.length - 1; at > 0; at--) {
    const other = Math.floor(next.next().value * (at + 1));
    const value = values[at] as number;
    values[at] = values[other] as number;
    values[other] = value;
  }
  return values;
}

function addresses(layout: Layout): Float64Array {
  const pages = Float64Array.from({ length: COUNT }, (_, index) => BASE + index * PAGE);
  if (layout === 'contiguous') return pages;
  if (layout === 'shuffled') return shuffle(pages);
  const next = random();
  const seen = new Set<number>();
  while (seen.size < COUNT) seen.add(BASE + Math.floor(next.next().value * 2 ** 24) * PAGE);
  return shuffle(Float64Array.from(seen));
}

function mapAll(ops: IoPgtableOps, iovas: Float64Array): void {
  for (let index = 0; index < COUNT; index++) {
    ops.map(iovas[index] as number, BASE + index * PAGE, PAGE, PROT);
  }
}

function unmapAll(ops: IoPgtableOps, iovas: Float64Array): void {
  for (let index = 0; index < COUNT; index++) ops.unmap(iovas[index] as number, PAGE);
}

function lookUpAll(ops: IoPgtableOps, iovas: Float64Array): void {
  let sum = 0;
  for (let index = 0; index < COUNT; index++) sum += ops.iova_to_phys(iovas[index] as number);
  if (sum === 0) throw new Error('nothing is mapped');
}

function measure(layout: Layout): { map: number; unmap: number; lookUp: number } {
  const ops = makeTable();
  const iovas = addresses(layout);
  const figures = { map: [] as number[], unmap: [] as number[], lookUp: [] as number[] };
  mapAll(ops, iovas);
  unmapAll(ops, iovas);
  for (let round = 0; round < ROUNDS; round++) {
    figures.map.push(nanoseconds(COUNT, () => mapAll(ops, iovas)));
    figures.lookUp.push(nanoseconds(COUNT, () => lookUpAll(ops, iovas)));
    figures.unmap.push(nanoseconds(COUNT, () => unmapAll(ops, iovas)));
  }
  return {
    map: rounded(median(figures.map)),
    unmap: rounded(median(figures.unmap)),
    lookUp: rounded(median(figures.lookUp)),
  };
}

/** Runs all of it; a few seconds. */
export function benchIopt(): IoptFigures {
  const [contiguous, shuffled, sparse] = [
    measure('contiguous'),
    measure('shuffled'),
    measure('sparse'),
  ];
  const figures = (key: 'map' | 'unmap' | 'lookUp'): LayoutFigures => ({
    contiguous: contiguous[key],
    shuffled: shuffled[key],
    sparse: sparse[key],
  });
  return {
    iopt_map_4k: figures('map'),
    iopt_unmap_4k: figures('unmap'),
    iopt_iova_to_phys: figures('lookUp'),
  };
}
