import { describe, expect, it } from 'vitest';
import type { RigOptions } from '../support/smmu-rig.ts';
import { CMDQEN, EVENTQEN, idleTranslator, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const ILL = 1;
const ON = SMMUEN | CMDQEN | EVENTQEN;

/** Own copy of the layouts of chapter 4: positions in the two 64-bit words. */
const at = (value: bigint | number, shift: number): bigint => BigInt(value) << BigInt(shift);
const sid = (value: number): bigint => at(value, 32);
const ssid = (value: number): bigint => at(value, 12);
const vmid = (value: number): bigint => at(value, 32);
const asid = (value: number): bigint => at(value, 48);
const SSEC = 1n << 10n;
const SSV = 1n << 11n;

interface Outcome {
  readonly cerror: number;
  readonly calls: readonly string[];
  readonly diagnostics: readonly string[];
}

function run(dw0: bigint, dw1: bigint, features: RigOptions['features'] = {}, cr0 = ON): Outcome {
  const calls: string[] = [];
  const rig = new SmmuRig({ features, translator: idleTranslator(calls) });
  rig.start(cr0);
  rig.takeDiagnostics();
  rig.commands([dw0, dw1]);
  expect(rig.read(REG.CMDQ_CONS) & 0xfffff).toBe(rig.cerror() === 0 ? 1 : 0);
  return { cerror: rig.cerror(), calls, diagnostics: rig.takeDiagnostics() };
}

function scope(fields: Record<string, number | boolean>): string {
  const { vmid: v = 0, asid: a = 0, addrLo = 0, addrHi = 0, leaf = false, ...range } = fields;
  const { tg = 0, ttl = 0, num = 0, scale = 0 } = range;
  return JSON.stringify({ vmid: v, asid: a, addrLo, addrHi, leaf, tg, ttl, num, scale });
}

describe('commands that reach the caches (4.3, 4.4)', () => {
  const VA = 0x0012_3456_7000n;
  const lo = 0x3456_7000;
  const hi = 0x12;
  it.each([
    [0x03n | sid(0x1234), 1n, 'cfgiSte(4660, true)'],
    [0x03n | sid(0xffff_ffff), 0n, 'cfgiSte(4294967295, false)'],
    [0x04n | sid(0x40), 5n, 'cfgiSteRange(64, 5)'],
    [0x04n | sid(0x40), 30n, 'cfgiSteRange(64, 30)'],
    [0x04n | sid(0x40), 31n, 'cfgiAll()'],
    [0x05n | sid(7) | ssid(0xabcde), 1n, 'cfgiCd(7, 703710, true)'],
    [0x05n | sid(7), 0n, 'cfgiCd(7, 0, false)'],
    [0x06n | sid(9), 0n, 'cfgiCdAll(9)'],
    [0x10n | vmid(0x123), 0n, 'tlbiNhAll(291)'],
    [0x11n | vmid(3) | asid(0xfffe), 0n, 'tlbiNhAsid(3, 65534)'],
    [
      0x12n | vmid(3) | asid(4),
      VA | 1n,
      `tlbiNhVa(${scope({ vmid: 3, asid: 4, addrLo: lo, addrHi: hi, leaf: true })})`,
    ],
    [0x13n | vmid(3), VA, `tlbiNhVaa(${scope({ vmid: 3, addrLo: lo, addrHi: hi })})`],
    [0x20n, 0n, 'tlbiEl2All()'],
    [0x21n | asid(5), 0n, 'tlbiEl2Asid(5)'],
    [0x22n | asid(5), VA, `tlbiEl2Va(${scope({ asid: 5, addrLo: lo, addrHi: hi })})`],
    [0x23n, VA | 1n, `tlbiEl2Vaa(${scope({ addrLo: lo, addrHi: hi, leaf: true })})`],
    [0x28n | vmid(6), 0n, 'tlbiS12VmAll(6)'],
    [0x2an | vmid(6), VA, `tlbiS2Ipa(${scope({ vmid: 6, addrLo: lo, addrHi: hi })})`],
    [0x30n, 0n, 'tlbiNsnhAll()'],
  ])('0x%x 0x%x → %s', (dw0, dw1, call) => {
    expect(run(dw0, dw1)).toEqual({ cerror: 0, calls: [call], diagnostics: [] });
    expect(run(dw0, dw1, {}, CMDQEN | EVENTQEN).calls).toEqual([call]);
  });

  it('take the address of a TTB1 range with all its bits', () => {
    const { calls } = run(0x12n, 0xffff_ffff_ffff_f000n);
    expect(calls).toEqual([`tlbiNhVa(${scope({ addrLo: -4096, addrHi: -1 })})`]);
  });

  it('take 8 bits of VMID and ASID when that is what is implemented', () => {
    const { calls } = run(0x11n | vmid(0x1203) | asid(0x3404), 0n, {
      vmid16: false,
      asid16: false,
    });
    expect(calls).toEqual(['tlbiNhAsid(3, 4)']);
  });

  it('do not look at the VMID without stage 2', () => {
    expect(run(0x10n | vmid(9), 0n, { s2p: false }).calls).toEqual(['tlbiNhAll(0)']);
  });
});

type Range = [tg: number, ttl: number, num: number, scale: number, address?: bigint];

describe('range invalidation (4.4.1.1)', () => {
  const ranged = (...[tg, ttl, num, scale, address = 0n]: Range) =>
    [0x12n | at(num, 12) | at(scale, 20), address | at(ttl, 8) | at(tg, 10)] as const;

  it.each([1, 2, 3])('TG = %i with everything else 0 is illegal', (tg) => {
    expect(run(...ranged(tg, 0, 0, 0)).cerror).toBe(ILL);
    expect(run(...ranged(tg, 0, 0, 0), { ril: false }).cerror).toBe(0);
  });

  it('TG = 0 means one address, and the other fields are ignored', () => {
    const { cerror, calls, diagnostics } = run(...ranged(0, 3, 4, 5));
    expect([cerror, calls]).toEqual([0, [`tlbiNhVa(${scope({})})`]]);
    expect(diagnostics[0]).toMatch(/^guest-error 4\.4\.1\.1: .*NUM, SCALE, TTL set with TG = 0/);
  });

  it.each([
    [1, 3, 0, 0],
    [1, 1, 0, 0],
    [2, 2, 0, 0],
    [3, 1, 0, 0],
    [1, 0, 31, 31],
    [2, 0, 1, 0],
    [3, 0, 0, 1],
  ])('TG = %i TTL = %i NUM = %i SCALE = %i passes', (tg, ttl, num, scale) => {
    const { cerror, calls, diagnostics } = run(...ranged(tg, ttl, num, scale));
    expect([cerror, calls]).toEqual([0, [`tlbiNhVa(${scope({ tg, ttl, num, scale })})`]]);
    expect(diagnostics).toEqual([]);
  });

  it('level 1 of the 16 KiB granule is no level without DS', () => {
    expect(run(...ranged(2, 1, 0, 0)).cerror).toBe(ILL);
    expect(run(...ranged(2, 1, 1, 0)).calls).toEqual([`tlbiNhVa(${scope({ tg: 2, num: 1 })})`]);
    expect(run(...ranged(2, 1, 0, 0), { ds: true, oas: 6 }).calls).toEqual([
      `tlbiNhVa(${scope({ tg: 2, ttl: 1 })})`,
    ]);
  });

  it('SCALE has five bits without DS, and stops at 39 with it', () => {
    expect(run(...ranged(1, 0, 0, 33)).calls).toEqual([`tlbiNhVa(${scope({ tg: 1, scale: 1 })})`]);
    expect(run(...ranged(1, 0, 0, 32)).cerror).toBe(ILL);
    expect(run(...ranged(1, 0, 0, 63), { ds: true, oas: 6 }).calls).toEqual([
      `tlbiNhVa(${scope({ tg: 1, scale: 39 })})`,
    ]);
  });

  it('is not there without RIL: fields are ignored and diagnosed', () => {
    const { calls, diagnostics } = run(...ranged(1, 3, 2, 1), { ril: false });
    expect(calls).toEqual([`tlbiNhVa(${scope({})})`]);
    expect(diagnostics[0]).toContain('NUM, SCALE, TTL, TG set with IDR3.RIL = 0');
  });

  it.each([
    // tg, ttl, address bits that must be zero (IHI 0070 4.4.1.1)
    [1, 1, 29, 12],
    [1, 2, 20, 12],
    [2, 2, 24, 12],
    [2, 3, 13, 12],
    [2, 0, 13, 12],
    [3, 1, 41, 12],
    [3, 2, 28, 12],
    [3, 3, 15, 12],
    [3, 0, 15, 12],
  ])('TG = %i TTL = %i wants address bits %i:%i to be zero', (tg, ttl, top, bottom) => {
    for (const bit of [top, bottom]) {
      const { cerror, diagnostics } = run(...ranged(tg, ttl, 1, 0, 1n << BigInt(bit)));
      expect(cerror).toBe(0);
      expect(diagnostics[0]).toMatch(/are not 0 for TG/);
    }
    expect(run(...ranged(tg, ttl, 1, 0, 1n << BigInt(top + 1))).diagnostics).toEqual([]);
  });
});

describe('legality (4.1.3)', () => {
  const S1 = { s1p: false, hyp: false, ats: false, pri: false };
  const S2 = { s2p: false, hyp: false };
  it.each([
    ['CFGI_CD', 0x05n, 0n, S1],
    ['CFGI_CD_ALL', 0x06n, 0n, S1],
    ['TLBI_NH_ALL', 0x10n, 0n, S1],
    ['TLBI_NH_ASID', 0x11n, 0n, S1],
    ['TLBI_NH_VA', 0x12n, 0n, S1],
    ['TLBI_NH_VAA', 0x13n, 0n, S1],
    ['TLBI_EL2_ALL', 0x20n, 0n, { hyp: false }],
    ['TLBI_EL2_ASID', 0x21n, 0n, { hyp: false }],
    ['TLBI_EL2_VA', 0x22n, 0n, { hyp: false }],
    ['TLBI_EL2_VAA', 0x23n, 0n, { hyp: false }],
    ['TLBI_S12_VMALL', 0x28n, 0n, S2],
    ['TLBI_S2_IPA', 0x2an, 0n, S2],
    ['ATC_INV', 0x40n, 0n, { ats: false }],
    ['PRI_RESP', 0x41n, 0n, { pri: false }],
    ['RESUME', 0x44n, 0n, { stallModel: 1 }],
    ['STALL_TERM', 0x45n, 0n, { stallModel: 1 }],
  ])('%s needs its feature', (_name, dw0, dw1, without) => {
    expect(run(dw0, dw1, without).cerror).toBe(ILL);
    expect(run(dw0, dw1, without).diagnostics[0]).toMatch(/^guest-error 7\.1: CMD_\w+: /);
    expect(run(dw0, dw1).cerror).toBe(0);
  });

  it.each([0x07, 0x18, 0x1a, 0x50, 0x51, 0x52, 0x53, 0x58, 0x5a, 0x60, 0x70, 0x73])(
    'opcode 0x%x is illegal on a Non-secure queue without MPAM and DPT',
    (opcode) => {
      expect(run(BigInt(opcode), 0n).cerror).toBe(ILL);
    },
  );

  it('every opcode that the manual does not name is illegal', () => {
    const named = new Set([
      0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x22, 0x23, 0x28,
      0x2a, 0x30, 0x40, 0x41, 0x44, 0x45, 0x46,
    ]);
    for (let opcode = 0; opcode < 0x100; opcode++) {
      expect([opcode, run(BigInt(opcode), 0n).cerror]).toEqual([
        opcode,
        named.has(opcode) ? 0 : ILL,
      ]);
    }
  });

  it.each([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x44, 0x45])(
    'SSec = 1 in command 0x%x is illegal',
    (opcode) => {
      expect(run(BigInt(opcode) | SSEC, 0n).cerror).toBe(ILL);
    },
  );

  it('CMD_SYNC with CS = 3, PRI_RESP with Resp = 3 and ATC_INV with Size > 52 are illegal', () => {
    expect(run(0x46n | at(3, 12), 0n).cerror).toBe(ILL);
    expect(run(0x41n, at(3, 12)).cerror).toBe(ILL);
    expect(run(0x40n, 53n).cerror).toBe(ILL);
    expect(run(0x40n, 52n, {}, CMDQEN).cerror).toBe(0);
  });

  it('illegal wins over ignored: SMMUEN = 0 does not save PRI_RESP with Resp = 3', () => {
    expect(run(0x41n, at(3, 12), {}, CMDQEN).cerror).toBe(ILL);
  });

  it('reserved bits are ignored, and the driver hears of them', () => {
    const { cerror, calls, diagnostics } = run(0x30n | (1n << 9n), 1n << 63n);
    expect([cerror, calls]).toEqual([0, ['tlbiNsnhAll()']]);
    expect(diagnostics).toEqual([
      'guest-error 4.4.4.1: CMD_TLBI_NSNH_ALL: reserved bits 0x00000200 of word 0 are set, ignored',
      'guest-error 4.4.4.1: CMD_TLBI_NSNH_ALL: reserved bits 0x80000000 of word 3 are set, ignored',
    ]);
  });

  it('prefetches are consumed as the hints that they are', () => {
    for (const opcode of [0x01n, 0x02n]) {
      expect(run(opcode | SSV | sid(3) | ssid(4), 0x7000n)).toMatchObject({ cerror: 0, calls: [] });
    }
  });
});
