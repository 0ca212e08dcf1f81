// What the SMMU read for one access, as structures with their bytes, in the order it read them.

import type { AnyRecord } from '../smmu/spec/layouts.ts';
import { LAYOUTS } from '../smmu/spec/layouts.ts';
import { FETCH_CD, FETCH_DESCRIPTOR, FETCH_L1CD, FETCH_L1STD, FETCH_STE } from '../trace/kinds.ts';
import type { Fetched } from './replay.ts';
import type { SeenMemory } from './seen.ts';
import { seenWords } from './seen.ts';
import type { Structure } from './structure.ts';

/** The structures of one access. */
export interface Trail {
  readonly all: readonly Structure[];
  readonly l1std: Structure | undefined;
  readonly ste: Structure | undefined;
  readonly l1cd: Structure | undefined;
  readonly cd: Structure | undefined;
  /** Descriptors of the stage 1 walk, in order of level. */
  readonly stage1: readonly Structure[];
  /** Descriptors of the last stage 2 walk. */
  readonly stage2: readonly Structure[];
}

const NAMES = new Map<number, 'L1STD' | 'STE' | 'L1CD' | 'CD'>([
  [FETCH_L1STD, 'L1STD'],
  [FETCH_STE, 'STE'],
  [FETCH_L1CD, 'L1CD'],
  [FETCH_CD, 'CD'],
]);
const LAST_LEVEL = 3;

/**
 * Takes the bytes of everything that was fetched. A structure is read 8 bytes at a time: the read of its
 * start stands for all.
 */
export function trailOf(
  fetches: readonly Fetched[],
  memory: SeenMemory,
  { sid, ssid }: { readonly sid: number; readonly ssid: number },
): Trail {
  const all = fetches.flatMap((fetched) => structureOf(fetched, memory, { sid, ssid }));
  const named = (title: string): Structure | undefined =>
    all.find((structure) => structure.title === title);
  return {
    all,
    l1std: named('L1STD'),
    ste: named('STE'),
    l1cd: named('L1CD'),
    cd: named('CD'),
    stage1: all.filter(({ stage }) => stage === 1),
    stage2: lastWalk(all),
  };
}

function structureOf(
  fetched: Fetched,
  memory: SeenMemory,
  { sid, ssid }: { readonly sid: number; readonly ssid: number },
): Structure[] {
  const { what, level, stage, ok, pa } = fetched;
  const bytes = (layout: AnyRecord): Int32Array => seenWords(memory, pa, layout.bits / 32);
  const name = NAMES.get(what);
  if (name !== undefined) {
    const layout = LAYOUTS[name];
    if (pa % (layout.bits / 8) !== 0) {
      return [];
    }
    const selected = name === 'STE' ? sid : name === 'CD' ? Math.max(ssid, 0) : undefined;
    return [
      { title: name, layout, pa, words: bytes(layout), index: selected, ok, stage: 0, level: 0 },
    ];
  }
  if (what !== FETCH_DESCRIPTOR) {
    return [];
  }
  const words = bytes(LAYOUTS.table);
  const layout = isTable(words, level)
    ? LAYOUTS.table
    : stage === 2
      ? LAYOUTS.leaf2
      : LAYOUTS.leaf1;
  const title = stage === 2 ? `S2 L${level}` : `L${level}`;
  return [{ title, layout, pa, words, index: undefined, ok, stage, level }];
}

/** A valid descriptor above the last level with bit 1 set points to a table. */
function isTable(words: Int32Array, level: number): boolean {
  return level < LAST_LEVEL && ((words[0] ?? 0) & 3) === 3;
}

/** The stage 2 descriptors after the last structure that was not one. */
function lastWalk(all: readonly Structure[]): readonly Structure[] {
  const walk: Structure[] = [];
  for (const structure of [...all].reverse()) {
    if (structure.stage !== 2) {
      break;
    }
    const previous = walk[0];
    if (previous !== undefined && structure.level >= previous.level) {
      break;
    }
    walk.unshift(structure);
  }
  return walk;
}
