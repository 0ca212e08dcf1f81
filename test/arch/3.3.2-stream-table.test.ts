// From StreamID to STE: linear and two-level tables, what is out of range, what cannot be read.

import { describe, expect, it } from 'vitest';
import { REG, SMMUEN, STRTAB } from '../support/smmu-rig.ts';
import { pack, STE_BITS, TranslationRig } from '../support/translation-rig.ts';

const BYPASS = pack(STE_BITS, { V: 1, Config: 4, SHCFG: 1 });
const LINEAR = 0;
const TWO_LEVEL = 1 << 16;

/** A rig whose table registers are `cfg` and base, in force. */
function rigWith(cfg: number, base = STRTAB, cr2 = 2): TranslationRig {
  const rig = new TranslationRig({ cr2 });
  rig.write(REG.CR0, 12);
  rig.write64(REG.STRTAB_BASE, BigInt(base));
  rig.write(REG.STRTAB_BASE_CFG, cfg);
  rig.write(REG.CR0, 12 | SMMUEN);
  rig.faults();
  return rig;
}

function cfg(format: number, log2Size: number, split = 0): number {
  return format | (split << 6) | log2Size;
}

describe('a linear Stream table', () => {
  it.each([
    [0, 'abort'],
    [7, '0x1000'],
    [8, 'abort 2'],
    [0xffff_ffff, 'abort 2'],
  ])('of 8 entries answers StreamID %i by %s', (sid, outcome) => {
    const rig = rigWith(cfg(LINEAR, 3));
    rig.writeSte(0, { Config: 0 });
    rig.writeSte(7, { Config: 4, SHCFG: 1 });
    rig.store(STRTAB + 8 * 64, BYPASS);
    expect(rig.outcome(sid, 0x1000n)).toBe(outcome);
  });

  it('takes no more than IDR1.SIDSIZE bits', () => {
    const rig = new TranslationRig({ features: { sidsize: 2 }, log2Streams: 10 });
    rig.writeSte(3, { Config: 4 });
    rig.writeSte(4, { Config: 4 });
    expect([rig.outcome(3, 0n), rig.outcome(4, 0n)]).toEqual(['0x0', 'abort 2']);
  });

  it('records C_BAD_STREAMID only with CR2.RECINVSID', () => {
    expect(rigWith(cfg(LINEAR, 3), STRTAB, 0).outcome(8, 0n)).toBe('abort');
  });

  it('is aligned by the hardware to its size', () => {
    const rig = rigWith(cfg(LINEAR, 6), STRTAB + 0x40);
    rig.store(STRTAB + 5 * 64, BYPASS);
    expect(rig.outcome(5, 0x2000n)).toBe('0x2000');
  });

  it('records F_STE_FETCH with the address when the read aborts', () => {
    const rig = rigWith(cfg(LINEAR, 6), 0x1_0000_0000);
    rig.access(5, 0n);
    expect(rig.faults()).toMatchObject([{ type: 3, sid: 5, fetch: 0x1_0000_0140n }]);
  });

  it('does not remember a failed fetch', () => {
    const rig = rigWith(cfg(LINEAR, 6), 0x1_0000_0000);
    expect([rig.outcome(5, 0n), rig.outcome(5, 0n)]).toEqual(['abort 3', 'abort 3']);
  });
});

describe('a two-level Stream table', () => {
  const L2 = 0x4060_0000;

  it.each([
    { split: 6, span: 1, last: 0 },
    { split: 6, span: 4, last: 7 },
    { split: 6, span: 7, last: 63 },
    { split: 8, span: 9, last: 255 },
    { split: 10, span: 11, last: 1023 },
    { split: 10, span: 5, last: 15 },
  ])(
    'with SPLIT $split and Span $span reaches STE $last and no further',
    ({ split, span, last }) => {
      const rig = rigWith(cfg(TWO_LEVEL, 16, split));
      const first = 2 * 2 ** split;
      rig.store(STRTAB + 2 * 8, [BigInt(L2) | BigInt(span)]);
      rig.store(L2, BYPASS);
      rig.store(L2 + last * 64, BYPASS);
      rig.store(L2 + (last + 1) * 64, BYPASS);
      const beyond = last + 1 < 2 ** split ? 'abort 2' : rig.outcome(first + last + 1, 0x3000n);
      expect([
        rig.outcome(first, 0x3000n),
        rig.outcome(first + last, 0x3000n),
        last + 1 < 2 ** split ? rig.outcome(first + last + 1, 0x3000n) : beyond,
      ]).toEqual(['0x3000', '0x3000', beyond]);
      expect(beyond).toBe('abort 2');
    },
  );

  it.each([0, 12, 31, 8])('gives C_BAD_STREAMID for Span %i with SPLIT 6', (span) => {
    const rig = rigWith(cfg(TWO_LEVEL, 16, 6));
    rig.store(STRTAB, [BigInt(L2) | BigInt(span)]);
    rig.store(L2, BYPASS);
    expect(rig.outcome(0, 0n)).toBe('abort 2');
  });

  it.each([0, 7, 31])('takes SPLIT %i as 6', (split) => {
    const rig = rigWith(cfg(TWO_LEVEL, 16, split));
    rig.store(STRTAB + 8, [BigInt(L2) | 7n]);
    rig.store(L2 + 5 * 64, BYPASS);
    expect(rig.outcome(64 + 5, 0x1000n)).toBe('0x1000');
  });

  it('aligns L2Ptr to the array', () => {
    const rig = rigWith(cfg(TWO_LEVEL, 16, 6));
    rig.store(STRTAB, [BigInt(L2 + 0x40) | 3n]);
    rig.store(L2 + 2 * 64, BYPASS);
    expect(rig.outcome(2, 0x1000n)).toBe('0x1000');
  });

  it('records F_STE_FETCH for a level 1 descriptor that cannot be read', () => {
    const rig = rigWith(cfg(TWO_LEVEL, 16, 6), 0x1_0000_0000);
    rig.access(128, 0n);
    expect(rig.faults()).toMatchObject([{ type: 3, sid: 128, fetch: 0x1_0000_0010n }]);
  });
});

describe('stream bypass', () => {
  it('takes addresses up to the output size and no further', () => {
    const rig = new TranslationRig();
    rig.writeSte(1, { Config: 4 });
    expect(rig.outcome(1, (1n << 48n) - 4n)).toBe('0xfffffffffffc');
    rig.access(1, 1n << 48n);
    expect(rig.faults()).toMatchObject([{ type: 0x11, s2: false, class: 2, input: 1n << 48n }]);
  });

  it('refuses a SubstreamID', () => {
    const rig = new TranslationRig();
    rig.writeSte(1, { Config: 4 });
    expect(rig.outcome(1, 0n, { ssid: 0 })).toBe('abort 8');
  });
});
