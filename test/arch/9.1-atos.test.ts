import { beforeEach, describe, expect, it } from 'vitest';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { CMDQEN, EVENTQEN, REG, SMMUEN, SmmuRig, STRTAB } from '../support/smmu-rig.ts';

/** Own copy of the layouts of 5.2, 5.4, 6.3.38-6.3.40 and of VMSAv8-64 with 4 KiB granules. */
const CD = 0x4041_0000n;
const TT1 = [0x4042_0000n, 0x4042_1000n, 0x4042_2000n] as const;
const TT2 = [0x4043_0000n, 0x4043_1000n, 0x4043_2000n] as const;
const S1_ONLY = 1;
const S2_ONLY = 2;
const NESTED = 3;
const BYPASS = 4;
const ABORTING = 5;
const SUBSTREAMS = 6;
const INVALID = 7;

const STAGE_1 = 1n << 10n;
const STAGE_2 = 2n << 10n;
const BOTH = 3n << 10n;
const READ = 1n << 8n;
const PRIVILEGED = 1n << 9n;
const INSTRUCTION = 1n << 7n;
const HTTUI = 1n << 6n;
const FAULT = 1n;

const PAGE = 0x403n;
const NG = 1n << 11n;
const S2_PAGE = PAGE | (3n << 6n) | (0xfn << 2n);
/** VAs and what is mapped there. */
const VA_PAGE = 0x0020_0000n;
const VA_DEVICE = 0x0020_1000n;
const VA_READ_ONLY = 0x0020_2000n;
const VA_NOT_ACCESSED = 0x0020_3000n;
const VA_BLOCK = 0x0040_0000n;
const VA_HOLE = 0x0020_5000n;
const VA_NO_TABLE = 0x0080_0000n;

function stage1(rig: SmmuRig, ha: bigint): void {
  const cd0 = 25n | (1n << 30n) | (1n << 31n) | (5n << 32n) | (1n << 41n) | (3n << 45n);
  rig.store(Number(CD), [cd0 | (ha << 43n) | (7n << 48n), TT1[0], 0n, 0x0000_0000_0044_04ffn]);
  rig.store(Number(TT1[0]), [TT1[1] | 3n]);
  rig.store(Number(TT1[1]), [
    0n,
    TT1[2] | 3n,
    0x5020_0000n | 0x401n | (1n << 6n) | (3n << 8n) | NG,
  ]);
  rig.store(Number(TT1[1] + 32n), [0x1000_0000n | 3n]);
  const leaf = (pa: bigint, bits: bigint): bigint => pa | PAGE | NG | bits;
  rig.store(Number(TT1[2]), [
    leaf(0x5000_0000n, (1n << 6n) | (3n << 8n)),
    leaf(0x5000_1000n, (1n << 6n) | (1n << 2n)),
    leaf(0x5000_2000n, (3n << 6n) | (2n << 8n) | (1n << 54n)),
    leaf(0x5000_3000n, 1n << 6n) & ~0x400n,
    leaf(1n << 46n, 1n << 6n),
  ]);
}

/** Stage 2 moves 0x5000_0000 to 0x6000_0000 and leaves the tables where they are. */
function stage2(rig: SmmuRig): void {
  rig.store(Number(TT2[0]), [0n, TT2[1] | 3n]);
  rig.store(Number(TT2[1]) + 8 * 2, [0x4040_0000n | 0x7fdn]);
  rig.store(Number(TT2[1]) + 8 * 128, [TT2[2] | 3n, 0x6020_0000n | 0x7fdn]);
  rig.store(Number(TT2[2]), [
    0x6000_0000n | S2_PAGE | (3n << 8n),
    0x6000_1000n | S2_PAGE | (3n << 8n),
    0x6000_2000n | PAGE | (1n << 6n) | (5n << 2n),
  ]);
}

function streams(rig: SmmuRig): void {
  const s2 = (25n << 32n) | (1n << 38n) | (5n << 48n) | (1n << 51n) | (1n << 58n) | 9n;
  const ste = (sid: number, config: bigint, dw: readonly bigint[] = []): void => {
    const words = [1n | (config << 1n) | CD, (1n << 44n) | (dw[0] ?? 0n), s2, TT2[0]];
    rig.store(STRTAB + 64 * sid, words);
  };
  ste(S1_ONLY, 5n);
  ste(S2_ONLY, 6n);
  ste(NESTED, 7n);
  ste(BYPASS, 4n);
  ste(ABORTING, 0n);
  rig.store(STRTAB + 64 * SUBSTREAMS, [1n | (5n << 1n) | CD | (1n << 59n), 1n << 44n]);
}

/** Asks GATOS; returns PAR. */
function ask(rig: SmmuRig, sid: number, address: bigint, ssid?: number): bigint {
  rig.write64(
    REG.GATOS_SID,
    BigInt(sid) | (ssid === undefined ? 0n : (1n << 52n) | (BigInt(ssid) << 32n)),
  );
  rig.write64(REG.GATOS_ADDR, address);
  rig.write(REG.GATOS_CTRL, 1);
  expect(rig.read(REG.GATOS_CTRL)).toBe(0);
  return rig.read64(REG.GATOS_PAR);
}

function fault(code: number, reason = 0, faddr = 0n): bigint {
  return FAULT | (BigInt(code) << 4n) | (BigInt(reason) << 1n) | faddr;
}

function machine(features: object = {}, ha = 0n): SmmuRig {
  const rig = new SmmuRig({
    features,
    translator: (state, events, stalls) => new TranslationEngine(state, events, stalls),
  });
  stage1(rig, ha);
  stage2(rig);
  streams(rig);
  rig.write64(REG.STRTAB_BASE, BigInt(STRTAB));
  rig.write(REG.STRTAB_BASE_CFG, 3);
  rig.write(REG.CR2, 2);
  rig.start(SMMUEN | CMDQEN | EVENTQEN);
  return rig;
}

let rig: SmmuRig;
beforeEach(() => {
  rig = machine();
});

describe('GATOS (9.1)', () => {
  const WB_ISH = (0xffn << 56n) | (3n << 8n);
  const DEVICE_OSH = (0x04n << 56n) | (2n << 8n);

  it.each([
    ['a page', S1_ONLY, VA_PAGE | STAGE_1 | READ, WB_ISH | 0x5000_0000n],
    [
      'a Device page: outer shareable',
      S1_ONLY,
      VA_DEVICE | STAGE_1 | READ,
      DEVICE_OSH | 0x5000_1000n,
    ],
    [
      'a 2 MiB block: Size, lowest bit 20',
      S1_ONLY,
      (VA_BLOCK + 0x3_4000n) | STAGE_1,
      WB_ISH | 0x5030_0800n,
    ],
    ['stage 1 of a nested stream: an IPA', NESTED, VA_PAGE | STAGE_1 | READ, WB_ISH | 0x5000_0000n],
    ['stage 2 of a nested stream', NESTED, 0x5000_0000n | STAGE_2 | READ, WB_ISH | 0x6000_0000n],
    ['stage 2 of a stage 2 stream', S2_ONLY, 0x5000_0000n | STAGE_2, WB_ISH | 0x6000_0000n],
    ['both stages', NESTED, VA_PAGE | BOTH | READ, WB_ISH | 0x6000_0000n],
    ['both stages, Device at stage 1', NESTED, VA_DEVICE | BOTH, DEVICE_OSH | 0x6000_1000n],
    ['both stages, the smaller size', NESTED, VA_BLOCK | BOTH | READ, WB_ISH | 0x6030_0800n],
  ])('answers for %s', (_name, sid, request, par) => {
    expect(ask(rig, sid, request)).toBe(par);
    expect(rig.events()).toEqual([]);
  });

  it.each<readonly [string, number, bigint, number, number | undefined]>([
    ['TYPE 0', S1_ONLY, VA_PAGE, 0xff, undefined],
    ['stage 2 with a SubstreamID', NESTED, 0x5000_0000n | STAGE_2, 0xff, 0],
    ['stage 1 of a stage 2 stream', S2_ONLY, VA_PAGE | STAGE_1, 0xfe, undefined],
    ['stage 2 of a stage 1 stream', S1_ONLY, VA_PAGE | STAGE_2, 0xfe, undefined],
    ['both of a stage 1 stream', S1_ONLY, VA_PAGE | BOTH, 0xfe, undefined],
    ['a bypass stream', BYPASS, VA_PAGE | STAGE_1, 0xfe, undefined],
    ['an aborting stream', ABORTING, VA_PAGE | STAGE_1, 0xfe, undefined],
    ['a StreamID beyond the table', 8, VA_PAGE | STAGE_1, 0x02, undefined],
    ['an invalid STE', INVALID, VA_PAGE | STAGE_1, 0x04, undefined],
    ['an invalid STE before INV_STAGE', INVALID, VA_PAGE | STAGE_2, 0x04, undefined],
    ['a SubstreamID where there is none', S1_ONLY, VA_PAGE | STAGE_1, 0x08, 3],
    ['a SubstreamID beyond the CD table', SUBSTREAMS, VA_PAGE | STAGE_1, 0x08, 2],
    ['no SubstreamID with S1DSS = 0', SUBSTREAMS, VA_PAGE | STAGE_1, 0x06, undefined],
    ['a CD that is not valid', SUBSTREAMS, VA_PAGE | STAGE_1, 0x0a, 1],
  ])('refuses %s', (_name, ...[sid, request, code, ssid]) => {
    expect(ask(rig, sid, request, ssid)).toBe(fault(code));
    expect(rig.events()).toEqual([]);
  });

  it.each([
    ['no mapping', S1_ONLY, VA_HOLE | STAGE_1 | READ, 0x10, 0, 0n],
    ['outside the VA range', S1_ONLY, (1n << 39n) | STAGE_1 | READ, 0x10, 0, 0n],
    ['AF = 0', S1_ONLY, VA_NOT_ACCESSED | STAGE_1 | READ, 0x12, 0, 0n],
    ['a write of read-only memory', S1_ONLY, VA_READ_ONLY | STAGE_1, 0x13, 0, 0n],
    [
      'an execution of UXN memory',
      S1_ONLY,
      VA_READ_ONLY | STAGE_1 | READ | INSTRUCTION,
      0x13,
      0,
      0n,
    ],
    ['an aborted descriptor fetch', S1_ONLY, (VA_NO_TABLE | STAGE_1) + READ, 0x0b, 0, 0n],
    ['stage 1 of both', NESTED, VA_HOLE | BOTH | READ, 0x10, 0, 0n],
    ['stage 2 for the address', NESTED, VA_READ_ONLY | BOTH | READ | PRIVILEGED, 0x00, 0, 0n],
    ['stage 2 alone', S2_ONLY, 0x5000_5000n | STAGE_2, 0x10, 3, 0n],
    ['a write of read-only stage 2 memory', NESTED, 0x5000_2000n | STAGE_2, 0x13, 3, 0n],
    ['stage 2 input beyond the OAS: stage 1', S2_ONLY, (1n << 50n) | STAGE_2, 0x11, 0, 0n],
    ['stage 2 for the walk', NESTED, VA_NO_TABLE | BOTH | READ, 0x10, 2, 0x1000_0000n],
    [
      'stage 2 for the walk of a stage 1 request',
      NESTED,
      VA_NO_TABLE | STAGE_1 | READ,
      0x0b,
      0,
      0n,
    ],
  ])('reports %s', (_name, ...[sid, request, code, reason, faddr]) => {
    const par = ask(rig, sid, request);
    if (code === 0) {
      expect(par & FAULT).toBe(0n);
    } else {
      expect(par).toBe(fault(code, reason, faddr));
    }
    expect(rig.events()).toEqual([]);
  });

  it('names the IPA when stage 2 faults on the output of stage 1', () => {
    rig.store(Number(TT2[2]), [0n]);
    expect(ask(rig, NESTED, VA_PAGE | BOTH | READ)).toBe(fault(0x10, 3, 0x5000_0000n));
  });

  it('names the IPA of the CD, unless stage 1 alone was asked for', () => {
    rig.store(STRTAB + 64 * NESTED, [1n | (7n << 1n) | 0x5000_8000n]);
    expect(ask(rig, NESTED, VA_PAGE | BOTH | READ)).toBe(fault(0x10, 1, 0x5000_8000n));
    expect(ask(rig, NESTED, VA_PAGE | STAGE_1 | READ)).toBe(fault(0x09));
  });

  it('returns the address itself where S1DSS skips stage 1, up to the OAS', () => {
    rig.store(STRTAB + 64 * SUBSTREAMS, [1n | (5n << 1n) | CD | (1n << 59n), 1n | (1n << 44n)]);
    expect(ask(rig, SUBSTREAMS, 0xffff_ffff_f000n | STAGE_1) & 0x00ff_ffff_ffff_f8ffn).toBe(
      0xffff_ffff_f000n,
    );
    expect(ask(rig, SUBSTREAMS, (1n << 48n) | STAGE_1)).toBe(fault(0x11));
  });

  it('needs the stages that it asks for', () => {
    const one = machine({ s2p: false, hyp: false });
    expect(ask(one, S1_ONLY, VA_PAGE | BOTH)).toBe(fault(0xff));
    expect(ask(one, S1_ONLY, VA_PAGE | STAGE_2)).toBe(fault(0xff));
    const two = machine({ s1p: false, hyp: false });
    expect(ask(two, S2_ONLY, VA_PAGE | STAGE_1)).toBe(fault(0xff));
  });

  it('updates the Access flag as an access does, unless HTTUI says no', () => {
    const updating = machine({}, 1n);
    const at = Number(TT1[2]) + 8 * 3;
    const [before] = updating.load(at, 1);
    expect(ask(updating, S1_ONLY, VA_NOT_ACCESSED | STAGE_1 | READ | HTTUI) & FAULT).toBe(0n);
    expect(updating.load(at, 1)).toEqual([before]);
    expect(ask(updating, S1_ONLY, VA_NOT_ACCESSED | STAGE_1 | READ) & FAULT).toBe(0n);
    expect(updating.load(at, 1)).toEqual([(before ?? 0n) | 0x400n]);
  });

  it('is not there with SMMUEN = 0: RUN is ignored', () => {
    rig.write(REG.CR0, CMDQEN);
    rig.takeDiagnostics();
    expect(ask(rig, S1_ONLY, VA_PAGE | STAGE_1)).toBe(0n);
    expect(rig.takeDiagnostics()).toEqual([
      'guest-error 6.3.37: GATOS_CTRL.RUN is set with SMMUEN = 0: ignored',
    ]);
  });

  it('agrees with where a DMA goes', () => {
    for (const [sid, va] of [
      [S1_ONLY, VA_PAGE],
      [S1_ONLY, VA_BLOCK],
      [NESTED, VA_PAGE],
      [NESTED, VA_BLOCK],
    ] as const) {
      const par = ask(rig, sid, va | (sid === NESTED ? BOTH : STAGE_1) | READ);
      const t = rig.access(sid, va);
      const size = (par & 0x800n) === 0n ? 0n : 1n << 20n;
      expect([t.status, BigInt(t.pa)]).toEqual([0, (par & 0x00ff_ffff_ffff_f000n) - size]);
    }
  });
});
