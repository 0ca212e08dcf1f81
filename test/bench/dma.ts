// Accesses a second of a device, the way a driver's device does them: split at page ends, sent through
// the SMMU, and eight bytes moved; recorded, the newest 64 MiB are kept. Every access hits the TLB, or every
// one walks four levels.

import { DmaMaster } from '../../sim/devices/dma-master.ts';
import { GEOMETRY_DEFAULT } from '../../sim/smmu/cache-geometry.ts';
import type { Figures, Topic } from './measure.ts';
import { median, nanoseconds, rounded } from './measure.ts';
import { Bench } from './translation.ts';

const ROUNDS = 9;
const ACCESSES = 2 ** 18;
const LEAF = 0xf43n;
const BASE = 0x10_0000_0000;
const ATTRIBUTES = { sid: 1, ssid: -1, privileged: false, instruction: false };

/** Millions of accesses a second over `pages` pages. */
function millions(caches: { readonly tlb: number; readonly walk: number }, pages: number): number {
  const bench = new Bench({ ...GEOMETRY_DEFAULT, ...caches }, true);
  const root = bench.stage1();
  for (let page = 0; page < pages; page++) {
    bench.map(root, BASE + page * 4096, BigInt(bench.take(4096)) | LEAF);
  }
  const master = new DmaMaster(bench.machine, bench.smmu);
  const bytes = new Uint8Array(8);
  const pass = (): void => {
    for (let index = 0; index < ACCESSES; index++) {
      const outcome = master.read(BASE + (index % pages) * 4096, bytes, ATTRIBUTES);
      if (!outcome.ok) {
        throw new Error(`access ${index} failed`);
      }
    }
  };
  do {
    pass();
  } while (!bench.settled);
  const cost = median(Array.from({ length: ROUNDS }, () => nanoseconds(ACCESSES, pass)));
  return rounded(1000 / cost);
}

/** Figures in millions a second. */
function run(): Figures {
  const { tlb, walk } = GEOMETRY_DEFAULT;
  return {
    dma_hit_m_s: millions({ tlb, walk }, 256),
    dma_walk_m_s: millions({ tlb: 0, walk: 0 }, 2 ** 14),
  };
}

export const dmaTopic: Topic = { name: 'dma', run };
