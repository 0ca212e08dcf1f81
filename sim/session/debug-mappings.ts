// The mappings of a domain for the debugger, read from its page table in memory as the hardware would
// read them (DDI 0487 D8.3). Runs of neighbouring pages with the same attributes are one line.

import { hex } from '../base/hex.ts';
import type { ArmSmmuDomain } from '../kernel/arm-smmu-v3/domain.ts';
import { ArmLpaePageTable } from '../kernel/io-pgtable-arm.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import type { KernelPart } from './debug-values.ts';

const LAST_LEVEL = 3;
/** Leaves that are looked at; a larger table says so. */
const MOST_LEAVES = 65_536;
const MOST_RANGES = 256;

interface Run {
  iova: number;
  size: number;
  pa: number;
  attributes: string;
}

interface Walk {
  readonly memory: PhysicalMemory;
  readonly table: ArmLpaePageTable<unknown>;
  readonly runs: Run[];
  leaves: number;
}

/** The mappings of `domain`, one part for each run of pages. */
export function listMappings(domain: ArmSmmuDomain, memory: PhysicalMemory): readonly KernelPart[] {
  const table = domain.pgtbl_ops;
  if (!(table instanceof ArmLpaePageTable)) {
    return [];
  }
  const walk: Walk = { memory, table, runs: [], leaves: 0 };
  const { startLevel, pgdSize } = table.geometry;
  visit(walk, { level: startLevel, pa: table.root, bytes: pgdSize, iova: 0 });
  const shown = walk.runs.slice(0, MOST_RANGES).map(
    ({ iova, size, pa, attributes }): KernelPart => ({
      name: `${hex(iova)}..${hex(iova + size - 1)}`,
      text: `-> ${hex(pa)} ${attributes}`,
    }),
  );
  const cut = walk.runs.length > MOST_RANGES || walk.leaves >= MOST_LEAVES;
  return cut ? [...shown, { name: '…', text: 'more than is shown here' }] : shown;
}

interface Table {
  readonly level: number;
  readonly pa: number;
  readonly bytes: number;
  readonly iova: number;
}

function visit(walk: Walk, { level, pa, bytes, iova }: Table): void {
  const { pgShift, bitsPerLevel, stage } = walk.table.geometry;
  const span = 2 ** (pgShift + bitsPerLevel * (LAST_LEVEL - level));
  const content = walk.memory.readBytes(pa, bytes);
  if (content === undefined) {
    return;
  }
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  for (let at = 0; at < bytes && walk.leaves < MOST_LEAVES; at += 8) {
    const lo = view.getUint32(at, true);
    const hi = view.getUint32(at + 4, true);
    if ((lo & 1) === 0) {
      continue;
    }
    const where = iova + (at / 8) * span;
    const isTable = level < LAST_LEVEL && (lo & 2) !== 0;
    const target = addressOf(lo, hi, pgShift);
    if (isTable) {
      visit(walk, { level: level + 1, pa: target, bytes: 2 ** pgShift, iova: where });
    } else {
      walk.leaves++;
      addLeaf(walk.runs, {
        iova: where,
        size: span,
        pa: target,
        attributes: access(lo, hi, stage),
      });
    }
  }
}

function addLeaf(runs: Run[], leaf: Run): void {
  const last = runs.at(-1);
  const follows =
    last !== undefined &&
    last.iova + last.size === leaf.iova &&
    last.pa + last.size === leaf.pa &&
    last.attributes === leaf.attributes;
  if (follows) {
    last.size += leaf.size;
  } else {
    runs.push(leaf);
  }
}

/** Output address: bits 47:12, and with the 64 KiB granule bits 51:48 in descriptor bits 15:12. */
function addressOf(lo: number, hi: number, pgShift: number): number {
  const middle = (hi & 0xffff) * 2 ** 32;
  const low = (lo & ~(2 ** pgShift - 1)) >>> 0;
  const top = pgShift === 16 ? ((lo >>> 12) & 0xf) * 2 ** 48 : 0;
  return top + middle + low;
}

/** `rw`, `r-`, and `x` where execution is allowed; stage 1 has AP[2:1], stage 2 S2AP. */
function access(lo: number, hi: number, stage: 1 | 2): string {
  const bits = (lo >>> 6) & 3;
  const read = stage === 1 || (bits & 1) !== 0;
  const write = stage === 1 ? (bits & 2) === 0 : (bits & 2) !== 0;
  const execute = ((hi >>> 22) & 1) === 0;
  return `${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}`;
}
