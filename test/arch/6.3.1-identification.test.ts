import { describe, expect, it } from 'vitest';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import { featuresFromIdr, unmodelledFeatures } from '../../sim/smmu/id-registers.ts';
import { REG, SmmuRig } from '../support/smmu-rig.ts';

/** Own copy of 6.3.1-6.3.8: register, lowest bit and width of what each feature is. */
const PLACES: Readonly<Record<keyof SmmuFeatures, readonly [keyof typeof REG, number, number]>> = {
  s2p: ['IDR0', 0, 1],
  s1p: ['IDR0', 1, 1],
  ttf: ['IDR0', 2, 2],
  cohacc: ['IDR0', 4, 1],
  btm: ['IDR0', 5, 1],
  httu: ['IDR0', 6, 2],
  dormhint: ['IDR0', 8, 1],
  hyp: ['IDR0', 9, 1],
  ats: ['IDR0', 10, 1],
  ns1ats: ['IDR0', 11, 1],
  asid16: ['IDR0', 12, 1],
  msi: ['IDR0', 13, 1],
  sev: ['IDR0', 14, 1],
  atos: ['IDR0', 15, 1],
  pri: ['IDR0', 16, 1],
  vmw: ['IDR0', 17, 1],
  vmid16: ['IDR0', 18, 1],
  cd2l: ['IDR0', 19, 1],
  vatos: ['IDR0', 20, 1],
  ttendian: ['IDR0', 21, 2],
  atsrecerr: ['IDR0', 23, 1],
  stallModel: ['IDR0', 24, 2],
  termModel: ['IDR0', 26, 1],
  stLevel: ['IDR0', 27, 2],
  sidsize: ['IDR1', 0, 6],
  ssidsize: ['IDR1', 6, 5],
  priqs: ['IDR1', 11, 5],
  eventqs: ['IDR1', 16, 5],
  cmdqs: ['IDR1', 21, 5],
  attrPermsOvr: ['IDR1', 26, 1],
  attrTypesOvr: ['IDR1', 27, 1],
  ecmdq: ['IDR1', 31, 1],
  had: ['IDR3', 2, 1],
  pbha: ['IDR3', 3, 1],
  xnx: ['IDR3', 4, 1],
  pps: ['IDR3', 5, 1],
  fwb: ['IDR3', 8, 1],
  stt: ['IDR3', 9, 1],
  ril: ['IDR3', 10, 1],
  bbml: ['IDR3', 11, 2],
  e0pd: ['IDR3', 13, 1],
  ptwnnc: ['IDR3', 14, 1],
  epan: ['IDR3', 17, 1],
  oas: ['IDR5', 0, 3],
  gran4k: ['IDR5', 4, 1],
  gran16k: ['IDR5', 5, 1],
  gran64k: ['IDR5', 6, 1],
  ds: ['IDR5', 7, 1],
  vax: ['IDR5', 10, 2],
  stallMax: ['IDR5', 16, 16],
  archMinor: ['AIDR', 0, 4],
};
const NAMES = Object.keys(PLACES) as (keyof SmmuFeatures)[];

function idr(rig: SmmuRig) {
  return {
    idr0: rig.read(REG.IDR0),
    idr1: rig.read(REG.IDR1),
    idr3: rig.read(REG.IDR3),
    idr5: rig.read(REG.IDR5),
    aidr: rig.read(REG.AIDR),
  };
}

describe('the ID registers (6.3.1-6.3.8)', () => {
  it('say of every feature what the instance offers, and nothing else', () => {
    const rig = new SmmuRig();
    const words = new Map<string, number>();
    for (const name of NAMES) {
      const [register, lo, width] = PLACES[name];
      const value = Number(DEFAULT_FEATURES[name]);
      expect([name, Math.floor(rig.read(REG[register]) / 2 ** lo) % 2 ** width]).toEqual([
        name,
        value,
      ]);
      words.set(register, (words.get(register) ?? 0) + value * 2 ** lo);
    }
    for (const [register, word] of words) {
      expect([register, rig.read(REG[register as keyof typeof REG])]).toEqual([register, word]);
    }
    expect([rig.read(REG.IDR2), rig.read(REG.IDR4), rig.read(REG.IIDR)]).toEqual([0, 0, 0]);
  });

  it.each(NAMES)('%s survives the way to the registers and back', (name) => {
    const [register, lo, width] = PLACES[name];
    const key = register.toLowerCase() as 'idr0';
    const none = { idr0: 0, idr1: 0, idr3: 0, idr5: 0, aidr: 0 };
    const all = featuresFromIdr({ ...none, [key]: (2 ** width - 1) * 2 ** lo });
    for (const other of NAMES) {
      expect([other, Number(all[other])]).toEqual([other, other === name ? 2 ** width - 1 : 0]);
    }
  });

  it('of the default instance give back its features', () => {
    expect(featuresFromIdr(idr(new SmmuRig()))).toEqual(DEFAULT_FEATURES);
    expect(unmodelledFeatures(DEFAULT_FEATURES)).toEqual([]);
  });

  it.each([
    // As QEMU 11 and the Linux 4.20 configurations have them.
    [{ idr0: 0xd44101b, idr1: 0x2730010, idr3: 0x1414, idr5: 0x74, aidr: 1 }, []],
    [{ idr0: 0x944101b, idr1: 0x2739810, idr5: 0x55 }, []],
    [{ idr0: 0x84d761b, idr1: 0x2739d10, idr5: 0x55 }, []],
    [{ idr0: 0x944101b, idr1: 0x2739810, idr5: 0x17 }, ['oas 7']],
    [{ idr0: 0x080f_e6bf, idr1: 0x0e73_9d20, idr5: 0x74 }, ['btm', 'ttf']],
    [
      { idr0: 0x0010_01db, idr1: 0x8000_0000, idr3: 8, idr5: 0x800 },
      ['vatos', 'ecmdq', 'httu 3', 'dormhint', 'pbha', 'vax 2'],
    ],
  ])('%j name what is not modelled: %j', (values, missing) => {
    const features = featuresFromIdr(values);
    expect(unmodelledFeatures(features).map((text) => text.split(':')[0])).toEqual(missing);
    const make = (): SmmuRig => new SmmuRig({ features });
    if (missing.length === 0) {
      const { idr3, aidr, ...rest } = idr(make());
      expect({ ...rest, idr3, aidr }).toEqual({ idr3: 0, aidr: 0, ...values });
    } else {
      expect(make).toThrow(`features not modelled: ${missing[0]}`);
    }
  });
});
