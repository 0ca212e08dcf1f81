// Where the descriptors of an address are: what a hardware breakpoint on "the PTE of an IOVA" means. The
// tables are those that the hardware reaches from a stream's STE and CD at that moment (DDI 0487 D8.3),
// and those of domains that the kernel keeps while no CD names them.

import { ArmSmmuDomain } from '../kernel/arm-smmu-v3/domain.ts';
import { ArmLpaePageTable } from '../kernel/io-pgtable-arm.ts';
import type { PhysicalMemory } from '../machine/memory.ts';
import type { World } from '../script/world.ts';
import type { SmmuState } from '../smmu/smmu-state.ts';
import { CD } from '../smmu/spec/cd.ts';
import { GRANULES_TG0, levelShift, startLevelFor } from '../smmu/spec/descriptors.ts';
import { STE } from '../smmu/spec/ste.ts';
import {
  addressIn,
  CD_BYTES,
  cdAddress,
  STE_BYTES,
  steAddress,
  wordsAt,
} from './debug-structures.ts';

const LAST_LEVEL = 3;
const PAGE_SHIFT = 12;
/** Level at which a stage 2 walk starts by S2SL0, with 4 KiB pages and with others (5.2). */
const S2_START_4K = [2, 1, 0, 3];
const S2_START = [3, 2, 1, 0];
/** SubstreamIDs that a search without one looks at. */
const MOST_SUBSTREAMS = 64;

/** A translation table: `bits` are those of the addresses that it translates. */
interface Table {
  readonly root: number;
  readonly level: number;
  readonly bits: number;
  /** log2 of a page. */
  readonly pageShift: number;
}

/** Addresses of the descriptors of `iova` in a stream's tables, down to the first invalid one. */
export function streamDescriptors(
  state: SmmuState,
  sid: number,
  ssid: number | undefined,
  iova: number,
): number[] {
  const substreams =
    ssid === undefined ? Array.from({ length: MOST_SUBSTREAMS }, (_, index) => index) : [ssid];
  const tables = [
    ...substreams.flatMap((one) => stage1(state, sid, one) ?? []),
    ...(stage2(state, sid) ?? []),
  ];
  return tables.flatMap((table) => descriptors(state.memory, table, iova));
}

/** The same in the tables of all domains that are not freed, attached or not. */
export function domainDescriptors({ kernel, machine }: World, iova: number): number[] {
  return kernel.iommu.live.flatMap(([domain]) => {
    const table = domain instanceof ArmSmmuDomain ? domain.pgtbl_ops : null;
    if (!(table instanceof ArmLpaePageTable)) {
      return [];
    }
    const { startLevel, pgShift, bitsPerLevel, pgdSize } = table.geometry;
    const above = bitsPerLevel * (LAST_LEVEL - startLevel);
    const bits = pgShift + above + Math.log2(pgdSize / 8);
    const root = { root: table.root, level: startLevel, bits, pageShift: pgShift };
    return descriptors(machine.memory, root, iova);
  });
}

function stage1(state: SmmuState, sid: number, ssid: number): Table[] | undefined {
  const pa = cdAddress(state, sid, ssid);
  const cd = pa === undefined ? undefined : wordsAt(state, pa, CD_BYTES);
  const granule = cd && GRANULES_TG0[Number(CD.get(cd, 'TG0'))];
  if (cd === undefined || granule === undefined || CD.get(cd, 'V') === 0) {
    return undefined;
  }
  const bits = 64 - Number(CD.get(cd, 'T0SZ'));
  const level = startLevelFor(granule, bits);
  const pageShift = levelShift(granule, LAST_LEVEL);
  return [{ root: Number(CD.get(cd, 'TTB0')), level, bits, pageShift }];
}

function stage2(state: SmmuState, sid: number): Table[] | undefined {
  const pa = steAddress(state, sid);
  const ste = pa === undefined ? undefined : wordsAt(state, pa, STE_BYTES);
  const granule = ste && GRANULES_TG0[Number(STE.get(ste, 'S2TG'))];
  const isOn = ste !== undefined && (Number(STE.get(ste, 'Config')) & 6) === 6;
  if (ste === undefined || granule === undefined || !isOn) {
    return undefined;
  }
  const pageShift = levelShift(granule, LAST_LEVEL);
  const starts = pageShift === PAGE_SHIFT ? S2_START_4K : S2_START;
  const level = starts[Number(STE.get(ste, 'S2SL0'))] ?? LAST_LEVEL;
  const bits = 64 - Number(STE.get(ste, 'S2T0SZ'));
  return [{ root: Number(STE.get(ste, 'S2TTB')), level, bits, pageShift }];
}

function descriptors(memory: PhysicalMemory, table: Table, iova: number): number[] {
  const { bits, pageShift } = table;
  const perLevel = pageShift - 3;
  const found: number[] = [];
  if (iova >= 2 ** bits) {
    return found;
  }
  let { root } = table;
  let above = bits;
  for (let { level } = table; level <= LAST_LEVEL; level++) {
    const shift = pageShift + perLevel * (LAST_LEVEL - level);
    const index = Math.floor(iova / 2 ** shift) % 2 ** (above - shift);
    const at = root + index * 8;
    found.push(at);
    const bytes = memory.readBytes(at, 8);
    const [lo = 0, hi = 0] = bytes === undefined ? [] : new Int32Array(bytes.slice().buffer);
    if ((lo & 3) !== 3) {
      break;
    }
    root = addressIn(lo, hi, pageShift);
    above = shift;
  }
  return found;
}
