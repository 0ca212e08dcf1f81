import { describe, expect, it } from 'vitest';
import type { AtcInvalidation, PageRequest } from '../../sim/machine/ats-endpoint.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import type { RigOptions } from '../support/smmu-rig.ts';
import {
  CMDQEN,
  EVENTQEN,
  idleTranslator,
  PRIQ,
  PRIQEN,
  REG,
  SMMUEN,
  SmmuRig,
  STRTAB,
} from '../support/smmu-rig.ts';

const ON = SMMUEN | CMDQEN | EVENTQEN | PRIQEN;
const SID = 0x10;
const OVERFLOW = 0x8000_0000;

/** A device with an ATC that notes what reaches it. */
class Endpoint {
  readonly invalidations: AtcInvalidation[] = [];
  readonly responses: string[] = [];
  answers = true;

  invalidate(request: AtcInvalidation): boolean {
    this.invalidations.push(request);
    return this.answers;
  }

  prgResponse(ssid: number, prgIndex: number, code: number): void {
    this.responses.push(`ssid ${ssid} prg ${prgIndex} code ${code}`);
  }
}

function bench(options: RigOptions & { ppar?: number } = {}, cr0 = ON) {
  const translator: NonNullable<RigOptions['translator']> = (state, events, stalls) => ({
    ...idleTranslator()(state, events, stalls),
    ppar: () => options.ppar ?? 0,
  });
  const rig = new SmmuRig({ ...options, translator });
  const endpoint = new Endpoint();
  rig.smmu.registerEndpoint(SID, endpoint);
  rig.start(cr0);
  return { rig, endpoint };
}

function ppr(changes: Partial<PageRequest> = {}): PageRequest {
  return {
    sid: SID,
    ssid: 5,
    addrLo: 0x5678_9000,
    addrHi: 0x1234,
    read: true,
    write: false,
    execute: false,
    privileged: false,
    last: true,
    prgIndex: 0x1ab,
    ...changes,
  };
}

describe('the PRI queue (8)', () => {
  it('holds requests as laid out', () => {
    const { rig } = bench();
    rig.smmu.pageRequest(ppr({ execute: true, privileged: true, write: true }));
    rig.smmu.pageRequest(ppr({ ssid: -1, execute: true, privileged: true, last: false }));
    expect(rig.load(PRIQ, 4)).toEqual([
      0xfc00_0005_0000_0010n,
      0x0000_1234_5678_91abn,
      0x1000_0000_0000_0010n,
      0x0000_1234_5678_91abn,
    ]);
    expect(rig.read(REG.PRIQ_PROD)).toBe(2);
  });

  it.each([
    [0, [true, true], ['priq']],
    [0, [false, false], ['priq']],
    [OVERFLOW, [true, true], ['priq', 'priq']],
    [OVERFLOW, [false, true], ['priq']],
    [OVERFLOW, [false, false], []],
  ] as const)('with PRIQ_IRQ_CFG2 0x%x and Last %j interrupts %j', (lo, lasts, raised) => {
    const { rig } = bench({}, 0);
    rig.write(REG.IRQ_CTRL, 0);
    rig.write(REG.PRIQ_IRQ_CFG2, lo);
    rig.start(ON);
    for (const last of lasts) {
      rig.smmu.pageRequest(ppr({ last }));
    }
    expect(rig.raised).toEqual(raised);
  });

  it('answers Response Failure while it is disabled, by SMMUEN too, without PASID', () => {
    for (const cr0 of [ON & ~PRIQEN, ON & ~SMMUEN]) {
      const { rig, endpoint } = bench({}, cr0 | 0);
      rig.smmu.pageRequest(ppr());
      rig.smmu.pageRequest(ppr({ read: false }));
      expect(endpoint.responses).toEqual(['ssid -1 prg 427 code 15']);
      expect(rig.read(REG.PRIQ_PROD)).toBe(0);
      expect(rig.read(REG.CR0ACK)).toBe(cr0);
    }
  });

  it('reports an aborted write, answers 15 and stops until acknowledged', () => {
    const { rig, endpoint } = bench({}, CMDQEN | EVENTQEN);
    rig.write64(REG.PRIQ_BASE, 0x1000_0004n);
    rig.write(REG.CR0, ON);
    rig.smmu.pageRequest(ppr());
    rig.smmu.pageRequest(ppr({ prgIndex: 1 }));
    expect(endpoint.responses).toEqual(['ssid -1 prg 427 code 15', 'ssid -1 prg 1 code 15']);
    expect([rig.read(REG.GERROR), rig.read(REG.PRIQ_PROD)]).toEqual([8, 0]);
  });

  it('refuses bad input of a device model by name', () => {
    const { rig } = bench();
    expect(() => rig.smmu.pageRequest(ppr({ prgIndex: 512 }))).toThrow('prgIndex 512');
    const without = new SmmuRig({ features: { pri: false } });
    expect(() => without.smmu.pageRequest(ppr())).toThrow('IDR0.PRI = 0');
  });
});

describe('PRI queue overflow (8.1)', () => {
  function full(options: Parameters<typeof bench>[0] = {}) {
    const all = bench({ ...options, log2Size: 0 });
    all.rig.smmu.pageRequest(ppr({ last: false }));
    return all;
  }

  it.each([
    ['no PASID', { ssid: -1 }, {}, 'ssid -1 prg 427 code 0'],
    ['PASID, PPS', {}, { features: { pps: true }, ppar: 0 }, 'ssid 5 prg 427 code 0'],
    ['PASID, PPAR = 1', {}, { ppar: 1 }, 'ssid 5 prg 427 code 0'],
    ['PASID, PPAR = 0', {}, { ppar: 0 }, 'ssid -1 prg 427 code 0'],
    ['PASID, STE unusable', {}, { ppar: -1 }, 'ssid -1 prg 427 code 15'],
  ])('answers the last request of a group itself: %s', (_name, change, options, answer) => {
    const { rig, endpoint } = full(options);
    rig.smmu.pageRequest(ppr(change));
    expect(endpoint.responses).toEqual([answer]);
    expect(rig.read(REG.PRIQ_PROD)).toBe(OVERFLOW + 1);
  });

  it('drops requests that are not the last, and stop markers, without an answer', () => {
    const { rig, endpoint } = full();
    rig.smmu.pageRequest(ppr({ last: false }));
    rig.smmu.pageRequest(ppr({ read: false, write: false }));
    expect(endpoint.responses).toEqual([]);
    rig.smmu.pageRequest(ppr({ ssid: -1, read: false, write: false }));
    expect(endpoint.responses).toEqual(['ssid -1 prg 427 code 0']);
  });

  it.each([
    // CR2 (RECINVSID 2, REC_CFG_ATS 8), StreamID → answer, event
    [0xa, SID, 'ssid 5 prg 427 code 0', undefined],
    [0x8, SID + 1, 'ssid -1 prg 427 code 15', 0x04],
    [0x2, SID + 1, 'ssid -1 prg 427 code 15', undefined],
    [0xa, SID + 64, 'ssid -1 prg 427 code 15', 0x02],
    [0x8, SID + 64, 'ssid -1 prg 427 code 15', undefined],
  ] as const)(
    'looks STE.PPAR up: CR2 0x%x, sid %i → %s, event %s',
    (...[cr2, sid, answer, event]) => {
      const rig = new SmmuRig({
        log2Size: 1,
        translator: (state, events, stalls) => new TranslationEngine(state, events, stalls),
      });
      const endpoint = new Endpoint();
      rig.smmu.registerEndpoint(sid, endpoint);
      rig.write(REG.CR2, cr2);
      rig.write64(REG.STRTAB_BASE, BigInt(STRTAB));
      rig.write(REG.STRTAB_BASE_CFG, 5);
      rig.store(STRTAB + 64 * SID, [1n | (4n << 1n), 1n << 18n]);
      rig.start(ON);
      for (const last of [false, false, true]) {
        rig.smmu.pageRequest(ppr({ sid, last }));
      }
      expect(endpoint.responses).toEqual([answer]);
      const head = (BigInt(sid) << 32n) | (5n << 12n) | (1n << 11n) | BigInt(event ?? 0);
      expect(rig.events()).toEqual(event === undefined ? [] : [[head, 0n, 0n, 0n]]);
    },
  );

  it('takes no entry until acknowledged, even with room', () => {
    const { rig } = full();
    rig.smmu.pageRequest(ppr());
    rig.write(REG.PRIQ_CONS, 1);
    rig.smmu.pageRequest(ppr());
    expect(rig.read(REG.PRIQ_PROD)).toBe(OVERFLOW + 1);
    rig.write(REG.PRIQ_CONS, OVERFLOW + 1);
    rig.smmu.pageRequest(ppr());
    expect(rig.read(REG.PRIQ_PROD)).toBe(OVERFLOW);
  });

  it('interrupts for a discarded last request with LO = 1', () => {
    const { rig } = bench({ log2Size: 0 }, 0);
    rig.write(REG.IRQ_CTRL, 0);
    rig.write(REG.PRIQ_IRQ_CFG2, OVERFLOW);
    rig.start(ON);
    rig.smmu.pageRequest(ppr({ last: false }));
    rig.smmu.pageRequest(ppr({ last: false }));
    expect(rig.raised).toEqual([]);
    rig.smmu.pageRequest(ppr());
    expect(rig.raised).toEqual(['priq']);
  });
});

describe('CMD_PRI_RESP (4.5.2)', () => {
  const response = (ssid: number, prgIndex: number, code: number) =>
    [
      0x41n | (ssid < 0 ? 0n : (1n << 11n) | (BigInt(ssid) << 12n)) | (BigInt(SID) << 32n),
      BigInt(prgIndex) | (BigInt(code) << 12n),
    ] as const;

  it.each([
    [0, 15],
    [1, 1],
    [2, 0],
  ])('Resp = %i is code %i on the wire', (resp, code) => {
    const { rig, endpoint } = bench();
    rig.smmu.pageRequest(ppr());
    rig.commands(response(5, 0x1ab, resp));
    expect(endpoint.responses).toEqual([`ssid 5 prg 427 code ${code}`]);
    expect(rig.takeDiagnostics()).toEqual([]);
  });

  it('is sent without PASID for SSV = 0, and diagnosed when no group waits for it', () => {
    const { rig, endpoint } = bench();
    rig.smmu.pageRequest(ppr());
    rig.commands(response(-1, 0x1ab, 2), response(5, 0x1ab, 2), response(5, 0x1ab, 2));
    expect(endpoint.responses).toEqual([
      'ssid -1 prg 427 code 0',
      'ssid 5 prg 427 code 0',
      'ssid 5 prg 427 code 0',
    ]);
    const texts = rig.takeDiagnostics();
    expect(texts).toHaveLength(2);
    expect(texts[0]).toContain('no PASID, PRGIndex 427: no such group waits');
    expect(texts[1]).toContain('PASID 0x5, PRGIndex 427: no such group waits');
  });

  it('is ignored with SMMUEN = 0', () => {
    const { rig, endpoint } = bench({}, CMDQEN | EVENTQEN);
    rig.commands(response(5, 1, 2));
    expect([endpoint.responses, rig.cerror()]).toEqual([[], 0]);
  });
});

describe('CMD_ATC_INV (4.5.1)', () => {
  const inv = (options: {
    ssid?: number;
    g?: boolean;
    size: number;
    address?: bigint;
    sid?: number;
  }) =>
    [
      0x40n |
        (options.g === true ? 1n << 9n : 0n) |
        (options.ssid === undefined ? 0n : (1n << 11n) | (BigInt(options.ssid) << 12n)) |
        (BigInt(options.sid ?? SID) << 32n),
      ((options.address ?? 0n) & ~0xfffn) | BigInt(options.size),
    ] as const;
  const SYNC = [0x46n, 0n] as const;

  it.each([
    [0, 0x1234_5678_9abc_dfffn, 0x9abc_d000 | 0, 0x1234_5678],
    [3, 0x1234_5678_9abc_dfffn, 0x9abc_8000 | 0, 0x1234_5678],
    [19, 0x1234_5678_9abc_dfffn, 0x8000_0000 | 0, 0x1234_5678],
    [20, 0x1234_5678_9abc_dfffn, 0, 0x1234_5678],
    [24, 0x1234_5678_9abc_dfffn, 0, 0x1234_5670],
    [51, 0xffff_ffff_ffff_ffffn, 0, 0x8000_0000 | 0],
    [52, 0xffff_ffff_ffff_ffffn, 0, 0],
  ])('with Size %i takes the low bits of 0x%x as zero', (size, address, addrLo, addrHi) => {
    const { rig, endpoint } = bench();
    rig.commands(inv({ size, address }), SYNC);
    expect(endpoint.invalidations).toEqual([
      { ssid: -1, addrLo, addrHi, sizeLog2Pages: size, global: false },
    ]);
    expect(rig.cerror()).toBe(0);
  });

  it('carries PASID and Global together, and ignores Global without PASID', () => {
    const { rig, endpoint } = bench();
    rig.commands(inv({ size: 0, ssid: 7, g: true }), inv({ size: 0, g: true }));
    expect(endpoint.invalidations).toMatchObject([
      { ssid: 7, global: true },
      { ssid: -1, global: false },
    ]);
  });

  it('acts as SSV = 0 where there are no substreams', () => {
    const { rig, endpoint } = bench({ features: { ssidsize: 0 } });
    rig.commands(inv({ size: 0, ssid: 7, g: true }));
    expect(endpoint.invalidations).toMatchObject([{ ssid: -1, global: false }]);
    expect(rig.takeDiagnostics()[0]).toMatch(/^constrained-unpredictable 4\.5\.1/);
  });

  it('is ignored with SMMUEN = 0', () => {
    const { rig, endpoint } = bench({}, CMDQEN | EVENTQEN);
    rig.commands(inv({ size: 52, sid: 99 }), SYNC);
    expect([endpoint.invalidations, rig.cerror()]).toEqual([[], 0]);
  });

  it('that is not answered fails the next CMD_SYNC, once', () => {
    const { rig, endpoint } = bench();
    endpoint.answers = false;
    rig.commands(inv({ size: 0 }), [0x30n, 0n], SYNC, SYNC);
    expect(rig.cerror()).toBe(3);
    expect(rig.read(REG.CMDQ_CONS) & 0xfffff).toBe(2);
    rig.write(REG.GERRORN, 1);
    expect([rig.cerror(), rig.read(REG.CMDQ_CONS) & 0xfffff]).toEqual([0, 4]);
  });

  it('and every other ATS message is in the trace', () => {
    const { rig, endpoint } = bench();
    rig.commands(inv({ size: 1, ssid: 7, address: 0x12_3456_6000n }));
    endpoint.answers = false;
    rig.commands(inv({ size: 52 }));
    rig.commands([0x41n | (BigInt(SID) << 32n), 9n | (2n << 12n)]);
    const ats = rig.trace().filter(({ kind }) => kind === 'ats');
    expect(ats.map(({ data }) => data)).toEqual([
      { op: 2, sid: SID, ssid: 7, address: 0x12_3456_6000n, value: 1 },
      { op: 3, sid: SID, ssid: 7, address: 0x12_3456_6000n, value: 1 },
      { op: 2, sid: SID, ssid: -1, address: 0n, value: 52 },
      { op: 3, sid: SID, ssid: -1, address: 0n, value: 0 },
      { op: 4, sid: SID, ssid: -1, address: 9n, value: 0 },
    ]);
  });

  it('to a StreamID without an endpoint times out, and the driver hears why', () => {
    const { rig } = bench();
    rig.smmu.unregisterEndpoint(SID);
    rig.commands(inv({ size: 0 }), SYNC);
    expect(rig.cerror()).toBe(3);
    expect(rig.takeDiagnostics()[0]).toContain('CMD_ATC_INV for sid 0x10: no ATS endpoint there');
  });
});
