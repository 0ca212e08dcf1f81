import { describe, expect, it } from 'vitest';
import { CMDQEN, EVENTQEN, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const UPDATE = 0x8000_0000;
const ABORT = 0x10_0000;
const SH_INCOMING = 0x1000;
const MTCFG = 0x10;
const ATS_REQUEST = 16;
const TRANSLATED = 8;

function gbpa(rig: SmmuRig, value: number): void {
  rig.write(REG.GBPA, UPDATE | value);
}

describe('GBPA (6.3.14)', () => {
  it('takes a write that sets Update, and Update reads 0 again when it is in force', () => {
    const rig = new SmmuRig({ updateTicks: 20 });
    expect(rig.read(REG.GBPA)).toBe(SH_INCOMING);
    gbpa(rig, ABORT);
    expect(rig.read(REG.GBPA)).toBe(UPDATE + ABORT);
    expect(rig.access(0, 0x1000n).status).toBe(0);
    rig.machine.sleep(20);
    expect(rig.read(REG.GBPA)).toBe(ABORT);
    expect(rig.access(0, 0x1000n).status).toBe(1);
  });

  it.each([1, 2])('ignores a write without Update (SMMUv3.%i), and says so', (archMinor) => {
    const rig = new SmmuRig({ features: { archMinor } });
    rig.write(REG.GBPA, ABORT);
    expect(rig.read(REG.GBPA)).toBe(SH_INCOMING);
    expect(rig.access(0, 0n).status).toBe(0);
    const kind = archMinor < 2 ? 'constrained-unpredictable' : 'guest-error';
    expect(rig.takeDiagnostics()).toEqual([
      `${kind} 6.3.14.1: write of GBPA is ignored: Update is not set`,
    ]);
  });

  it('ignores a write while an update is under way', () => {
    const rig = new SmmuRig({ updateTicks: 20 });
    gbpa(rig, ABORT);
    gbpa(rig, 0);
    rig.machine.sleep(40);
    expect(rig.read(REG.GBPA)).toBe(ABORT);
    expect(rig.takeDiagnostics()[0]).toContain('an update is under way');
  });
});

describe('a transaction with SMMUEN = 0 (6.3.9.6)', () => {
  it('passes with its address and attributes, whatever its SubstreamID', () => {
    const rig = new SmmuRig();
    const t = rig.access(3, 0x1234_5678_9abcn, { ssid: 7 });
    expect([t.status, t.pa, t.route, t.fault]).toEqual([0, 0x1234_5678_9abc, 2, 0]);
    expect([t.outAttr, t.outShareability]).toEqual([0xff, 0]);
    expect(t.span).toBe(4096 - 0xabc);
  });

  it.each([
    [2, 0xff_ffff_ffffn, 0x100_0000_0000n],
    [5, 0xffff_ffff_ffffn, 0x1_0000_0000_0000n],
  ])('aborts above the output address size (OAS %i) without an event', (oas, last, first) => {
    const rig = new SmmuRig({ features: { oas } });
    rig.start();
    expect(rig.access(0, last).status).toBe(0);
    expect(rig.access(0, first).status).toBe(1);
    expect(rig.access(0, 0xffff_ffff_ffff_f000n).status).toBe(1);
    expect(rig.events()).toEqual([]);
  });

  it.each([
    // GBPA without Update → attribute (MAIR), shareability of a write-back non-shareable access
    ['incoming', SH_INCOMING, 0xff, 0],
    ['non-shareable', 0x0000, 0xff, 0],
    ['outer', 0x2000, 0xff, 2],
    ['inner', 0x3000, 0xff, 3],
    ['Device-nGnRE is outer shareable', SH_INCOMING | MTCFG | 1, 0x04, 2],
    ['Device-GRE', MTCFG | 3, 0x0c, 2],
    ['reserved MemAttr acts as Device-nGnRnE', MTCFG | 8, 0x00, 2],
    ['non-cacheable', SH_INCOMING | MTCFG | 5, 0x44, 2],
    ['write-through', 0x3000 | MTCFG | 10, 0xbb, 3],
    ['outer NC, inner WB', 0x3000 | MTCFG | 7, 0x4f, 3],
    ['hints none', SH_INCOMING | 0x800, 0xcc, 0],
    ['hints read, transient', SH_INCOMING | 0xd00, 0x66, 0],
    ['hints write', SH_INCOMING | 0xa00, 0xdd, 0],
    ['hints with another type', SH_INCOMING | MTCFG | 10 | 0xc00, 0xaa, 0],
    ['hints do nothing to Device', SH_INCOMING | MTCFG | 0xe00, 0x00, 2],
  ])('takes its attributes from GBPA: %s', (_name, value, attr, shareability) => {
    const rig = new SmmuRig();
    gbpa(rig, value);
    const t = rig.access(0, 0x1000n);
    expect([t.outAttr, t.outShareability]).toEqual([attr, shareability]);
  });

  it('keeps its attributes when IDR1 offers no overrides', () => {
    const rig = new SmmuRig({ features: { attrTypesOvr: false } });
    gbpa(rig, 0x3000 | MTCFG | 5);
    const t = rig.access(0, 0x1000n);
    expect([t.outAttr, t.outShareability]).toEqual([0xff, 0]);
  });

  it('is refused as ATS traffic, with an event', () => {
    const rig = new SmmuRig();
    rig.start(CMDQEN | EVENTQEN);
    const request = rig.access(9, 0x5_6789_a000n, { ssid: 3, flags: ATS_REQUEST | 4 });
    const translated = rig.access(9, 0x5_6789_a123n, { flags: TRANSLATED | 1 });
    expect([request.status, request.fault]).toEqual([1, 5]);
    expect([translated.status, translated.fault]).toEqual([1, 7]);
    expect(rig.events()).toEqual([
      [0x0000_0009_0000_3805n, (0b1110n << 28n) | 1n, 0x5_6789_a000n, 0n],
      [0x0000_0009_0000_0007n, 0n, 0x5_6789_a123n, 0n],
    ]);
  });

  it('does not reach the tables, and with SMMUEN = 1 does not reach GBPA', () => {
    const rig = new SmmuRig();
    gbpa(rig, ABORT);
    rig.start(SMMUEN);
    expect(rig.access(0, 0x1000n).status).toBe(0);
    rig.write(REG.CR0, 0);
    expect(rig.access(0, 0x1000n).status).toBe(1);
  });

  it('leaves one record in the trace', () => {
    const rig = new SmmuRig();
    rig.access(3, 0x1234_5000n, { ssid: 7, flags: 1 });
    const records = rig.trace().filter(({ kind }) => kind === 'dma');
    expect(records.map(({ data }) => data)).toEqual([
      { sid: 3, ssid: 7, iova: 0x1234_5000n, pa: 0x1234_5000n, flags: 1, status: 0 },
    ]);
  });
});
