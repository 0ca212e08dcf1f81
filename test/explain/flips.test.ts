// One bit of a valid set-up is turned over by a line of the script: when that makes an access fault, that
// bit's field and that line are to blame, wherever the damage shows.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainEvent } from '../../sim/explain/explanation.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { DEFAULT_RAM } from '../../sim/machine/machine.ts';
import type { Stages } from '../support/fault-rig.ts';
import {
  CD,
  CD_TABLE,
  ENTRIES,
  FaultRig,
  IOVA,
  PAGE,
  S2_TABLES,
  STE,
  s2Entry,
  TABLES,
} from '../support/fault-rig.ts';

const WRITE = 1;
const PRIVILEGED = 2;
const FETCH = 4;

interface Target {
  readonly where: string;
  readonly pa: number;
  readonly bits: number;
}

const STREAM: Target = { where: 'STE', pa: STE, bits: 512 };
const STAGE1: readonly Target[] = [
  { where: 'CD', pa: CD, bits: 512 },
  { where: 'CD', pa: CD_TABLE, bits: 512 },
  ...ENTRIES.map((pa, level) => ({ where: `L${level}`, pa, bits: 64 })),
];
const STAGE2: readonly Target[] = [
  { where: 'S2 L1', pa: S2_TABLES.l1 + 8, bits: 64 },
  { where: 'S2 L2', pa: S2_TABLES.l2 + 16, bits: 64 },
  { where: 'S2 L2', pa: S2_TABLES.l2 + 24, bits: 64 },
  ...[CD_TABLE, ...TABLES, PAGE].map((ipa) => ({ where: 'S2 L3', pa: s2Entry(ipa), bits: 64 })),
];
const TARGETS: Readonly<Record<'s1' | 'nested' | 's2', readonly Target[]>> = {
  s1: [STREAM, ...STAGE1],
  nested: [STREAM, ...STAGE1, ...STAGE2],
  s2: [STREAM, ...STAGE2],
};

/** A turned bit: number `at` of the target, modulo its size, most of all in the words that count. */
const FLIPS = fc.constantFrom<'s1' | 'nested' | 's2'>('s1', 'nested', 's2').chain((stages) =>
  fc.record({
    stages: fc.constant<Stages>(stages),
    target: fc.constantFrom(...TARGETS[stages]),
    at: fc.nat(511),
    flags: fc.constantFrom(0, WRITE, FETCH, PRIVILEGED, PRIVILEGED | WRITE),
    ssid: stages === 's2' ? fc.constant(-1) : fc.constantFrom(3, -1),
  }),
);

/** Runs of the property: enough to meet a few hundred faults in the time of a test. */
const RUNS = Number(process.env['SUBSTREAM_FLIPS'] ?? 400);

describe('a bit that a line of the script turned over', () => {
  it('is blamed, with its line, if and only if it makes the access fault', () => {
    fc.assert(
      fc.property(FLIPS, ({ stages, target, at, flags, ssid }) => {
        const rig = new FaultRig({ stages });
        const bit = at % target.bits;
        const word = target.pa + Math.floor(bit / 64) * 8;
        rig.at(50, 'phys_write', () => {
          const [old = 0n] = rig.rig.load(word, 1);
          rig.poke(word, [old ^ (1n << BigInt(bit % 64))], 'phys_write');
        });
        rig.invalidate();
        const address = stages === 's2' ? BigInt(PAGE) : IOVA;
        const record = rig.access({ flags, ssid, address });
        const index = new TraceIndex(rig.rig.recorder);
        if (record === undefined) {
          expect(index.events).toEqual([]);
          return;
        }
        const hardware = { features: rig.rig.smmu.state.features, ram: [DEFAULT_RAM] };
        const { culprit, writtenBy, unknown } = explainEvent(index, record, hardware);
        const { lo = -1, hi = -1, where, structure } = culprit ?? {};
        expect({
          unknown,
          where,
          pa: structure?.pa,
          inside: lo <= bit && bit <= hi,
          by: writtenBy?.line,
        }).toEqual({
          unknown: undefined,
          where: target.where,
          pa: target.pa,
          inside: true,
          by: 50,
        });
      }),
      { numRuns: RUNS },
    );
  });
});
