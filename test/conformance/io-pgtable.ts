// Replays what Linux 4.20.1's own io-pgtable-arm did (test/vectors/README-io-pgtable.md): return values,
// TLB callbacks, warnings, pages, streaming DMA calls, and the tables, read back from simulated memory.

import { alloc_io_pgtable_ops, free_io_pgtable_ops } from '../../sim/kernel/io-pgtable.ts';
import {
  ARM_64_LPAE_S1,
  ARM_64_LPAE_S2,
  type IoPgtableCfg,
  type IoPgtableOps,
  type TableHost,
} from '../../sim/kernel/io-pgtable-cfg.ts';
import { PageAllocator } from '../../sim/kernel/mm/page-alloc.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import type { Replayer, Verdict } from './replayer.ts';

interface VectorOp {
  readonly op: 'map' | 'unmap' | 'iova_to_phys';
  readonly iova: string;
  readonly pa?: string;
  readonly size?: string;
  readonly prot?: string;
  readonly ret: number | string;
  readonly tlb: readonly unknown[];
  readonly pages?: readonly [number, number];
  readonly dma?: readonly [number, number, number];
  readonly warn?: readonly string[];
  readonly tables?: readonly unknown[];
}

interface Vector {
  readonly id: string;
  readonly kind: string;
  readonly cfg: {
    readonly fmt: string;
    readonly pgsizes: string;
    readonly ias: number;
    readonly oas: number;
    readonly quirks: string;
    readonly allocs?: number;
  };
  readonly cfg_out: Readonly<Record<string, unknown>> & { readonly ok: boolean };
  readonly ops: readonly VectorOp[];
  readonly tables: readonly unknown[];
  readonly held?: { readonly tables: number; readonly leaves: number };
  readonly free?: { readonly tlb: readonly unknown[]; readonly held: number };
}

/** Sizes above 2^52 mean nothing to any format: a bitmap is compared without them. */
const KNOWN_SIZES = 2n ** 53n - 1n;

const hex = (value: number | bigint): string => `0x${BigInt(value).toString(16)}`;

/** One machine serves all sequences: tables are zeroed when they are allocated. */
const machine = newMachine();

function newMachine(): Machine {
  const clock = new VirtualClock();
  return new Machine(new Recorder(clock, { enabled: false }), clock);
}

/** What stands behind one page table, and what it was asked to do since the last look. */
class Bench implements TableHost {
  readonly recorder = machine.recorder;
  readonly memory = machine.memory;
  readonly #allocator: PageAllocator;
  readonly #budget: number;
  #asked = 0;
  #tlb: unknown[] = [];
  #warn: string[] = [];
  #pages: [number, number] = [0, 0];
  #dma: [number, number, number] = [0, 0, 0];

  constructor(budget: number) {
    this.#allocator = new PageAllocator(machine, new Diagnostics(this.recorder));
    this.#budget = budget;
  }

  get held(): number {
    return this.#allocator.livePages;
  }

  readonly pages = {
    allocZeroed: (order: number, what: string): number => {
      if (this.#asked++ >= this.#budget) return -1;
      this.#pages[0]++;
      return this.#allocator.allocZeroed(order, what);
    },
    free: (pa: number, order: number): boolean => {
      this.#pages[1]++;
      return this.#allocator.free(pa, order);
    },
  };

  readonly dma = {
    map: (): void => void this.#dma[0]++,
    unmap: (): void => void this.#dma[1]++,
    sync: (): void => void this.#dma[2]++,
  };

  readonly tlb: IoPgtableCfg<object>['tlb'] = {
    tlb_flush_all: () => void this.#tlb.push(['all']),
    tlb_add_flush: (iova, size, granule, leaf) =>
      void this.#tlb.push(['add', hex(iova), hex(size), hex(granule), leaf ? 1 : 0]),
    tlb_sync: () => void this.#tlb.push(['sync']),
  };

  warn(func: string, line: number): void {
    this.#warn.push(`${func}:${line}`);
  }

  /** What happened since the last call, in the form of a vector's op. */
  take(): Record<string, unknown> {
    const seen: Record<string, unknown> = { tlb: this.#tlb };
    if (this.#pages.some((count) => count > 0)) seen['pages'] = this.#pages;
    if (this.#dma.some((count) => count > 0)) seen['dma'] = this.#dma;
    if (this.#warn.length > 0) seen['warn'] = this.#warn;
    this.#tlb = [];
    this.#warn = [];
    this.#pages = [0, 0];
    this.#dma = [0, 0, 0];
    return seen;
  }
}

/** A table's content in the canonical listing, by an independent walk in bigints. */
export function listTables(
  memory: Machine['memory'],
  ops: IoPgtableOps,
): { tables: unknown[]; held: { tables: number; leaves: number } } {
  const { startLevel, pgShift, bitsPerLevel, pgdSize } = ops.geometry;
  const tables: unknown[] = [];
  const held = { tables: 1, leaves: 0 };
  const walk = (pa: number, level: number, bytes: number, base: bigint): void => {
    const entrySize = 1n << BigInt(pgShift + (3 - level) * bitsPerLevel);
    let run: { iova: bigint; desc: bigint; count: bigint } | undefined;
    const endRun = (): void => {
      if (run === undefined) return;
      tables.push(['l', level, hex(run.iova), hex(run.desc), Number(run.count)]);
      held.leaves += Number(run.count);
      run = undefined;
    };
    for (let index = 0; index < bytes / 8; index++) {
      memory.read64(pa + index * 8);
      if (memory.lo === 0 && memory.hi === 0) {
        endRun();
        continue;
      }
      const desc = (BigInt(memory.hi >>> 0) << 32n) | BigInt(memory.lo >>> 0);
      const iova = base + BigInt(index) * entrySize;
      if (level === 3 || (desc & 3n) === 1n) {
        if (run !== undefined && desc === run.desc + run.count * entrySize) {
          run.count++;
        } else {
          endRun();
          run = { iova, desc, count: 1n };
        }
        continue;
      }
      endRun();
      const address = desc & 0xffff_ffff_f000n;
      tables.push(['t', level, hex(iova), hex(desc & ~0xffff_ffff_f000n), held.tables++]);
      walk(Number(address), level + 1, 2 ** pgShift, iova);
    }
    endRun();
  };
  walk(ops.root, startLevel, pgdSize, 0n);
  return { tables, held };
}

function describeCfg(
  cfg: IoPgtableCfg<object>,
  ops: IoPgtableOps | null,
  given: string,
): Record<string, unknown> {
  const untouched = BigInt(cfg.pgsize_bitmap) === (BigInt(given) & KNOWN_SIZES);
  const out: Record<string, unknown> = {
    ok: ops !== null,
    pgsizes: untouched ? given : hex(cfg.pgsize_bitmap),
    ias: cfg.ias,
    oas: cfg.oas,
  };
  if (ops === null) return out;
  const { startLevel, levels, pgShift, bitsPerLevel, pgdSize } = ops.geometry;
  const root = (pa: number): string => (pa === ops.root ? 't0' : hex(pa));
  Object.assign(out, {
    start_level: startLevel,
    levels,
    pg_shift: pgShift,
    bits_per_level: bitsPerLevel,
    pgd_size: hex(pgdSize),
  });
  if (cfg.arm_lpae_s1_cfg !== undefined) {
    const { ttbr, tcr, mair } = cfg.arm_lpae_s1_cfg;
    Object.assign(out, { ttbr: [root(ttbr[0]), hex(ttbr[1])], tcr: hex(tcr), mair: mair.map(hex) });
  }
  if (cfg.arm_lpae_s2_cfg !== undefined) {
    const { vttbr, vtcr } = cfg.arm_lpae_s2_cfg;
    Object.assign(out, { vttbr: root(vttbr), vtcr: hex(vtcr) });
  }
  return out;
}

function runOp(ops: IoPgtableOps, op: VectorOp): number | string {
  const number = (text: string | undefined): number => Number(text ?? '0x0');
  switch (op.op) {
    case 'map': {
      const ret = ops.map(number(op.iova), number(op.pa), number(op.size), number(op.prot));
      return ret === 0 ? 0 : ret;
    }
    case 'unmap':
      return hex(ops.unmap(number(op.iova), number(op.size)));
    case 'iova_to_phys':
      return hex(ops.iova_to_phys(BigInt(op.iova)));
  }
}

function differ(what: string, actual: unknown, expected: unknown): string | undefined {
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  return got === want ? undefined : `${what}: expected ${want}, got ${got}`;
}

/** First difference of a whole sequence, or undefined when all of it agrees. */
function firstDifference(vector: Vector): string | undefined {
  const bench = new Bench(vector.cfg.allocs ?? Number.POSITIVE_INFINITY);
  const cookie = {};
  const cfg: IoPgtableCfg<object> = {
    pgsize_bitmap: Number(BigInt(vector.cfg.pgsizes) & KNOWN_SIZES),
    ias: vector.cfg.ias,
    oas: vector.cfg.oas,
    quirks: Number(vector.cfg.quirks),
    tlb: bench.tlb,
    iommu_dev: bench,
  };
  const fmt = vector.cfg.fmt === 'ARM_64_LPAE_S1' ? ARM_64_LPAE_S1 : ARM_64_LPAE_S2;
  const ops = alloc_io_pgtable_ops(fmt, cfg, cookie);
  const wrong = differ('cfg_out', describeCfg(cfg, ops, vector.cfg.pgsizes), vector.cfg_out);
  if (wrong !== undefined || ops === null) return wrong;
  bench.take();
  for (const [index, op] of vector.ops.entries()) {
    const ret = runOp(ops, op);
    const { op: name, iova, pa, size, prot, tables, ...expected } = op;
    const order = { ret, ...bench.take() };
    const difference =
      differ(`op ${index} ${name} ${iova} ${size ?? ''}`, sorted(order), sorted(expected)) ??
      (tables && differ(`tables after op ${index}`, listTables(bench.memory, ops).tables, tables));
    if (difference !== undefined) return difference;
  }
  const { tables, held } = listTables(bench.memory, ops);
  const end = differ('tables', tables, vector.tables) ?? differ('held', held, vector.held);
  if (end !== undefined) return end;
  free_io_pgtable_ops(ops);
  return differ('free', { tlb: bench.take()['tlb'], held: bench.held }, vector.free);
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Page-table sequences: told by `cfg.fmt`. */
export const linuxIoPgtable: Replayer = {
  name: 'linux-io-pgtable',
  matches: (line) => {
    const cfg = line['cfg'];
    return typeof cfg === 'object' && cfg !== null && 'fmt' in cfg;
  },
  replay: (line): Verdict => {
    const vector = line as unknown as Vector;
    const detail = firstDifference(vector);
    return {
      id: vector.id,
      category: `io-pgtable ${vector.kind}`,
      outcome: detail === undefined ? 'agreed' : 'diverged',
      ...(detail === undefined ? {} : { detail }),
    };
  },
};
