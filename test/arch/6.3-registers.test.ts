import { describe, expect, it } from 'vitest';
import { CMDQEN, EVENTQEN, PRIQEN, REG, SMMU_BASE, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const GERROR_IRQEN = 1;
const PRIQ_IRQEN = 2;
const EVENTQ_IRQEN = 4;

interface Row {
  readonly name: keyof typeof REG;
  readonly width: 32 | 64;
  /** Bits that keep what is written, with every feature of the default instance (OAS 48). */
  readonly mask: bigint;
  readonly reset: bigint;
  /** Enable bits, any of which locks the register. */
  readonly cr0?: number;
  readonly irq?: number;
}

const QUEUE_BASE = 0x4000_ffff_ffff_ffffn;
const MSI = 0x0000_ffff_ffff_fffcn;

/** Own copy of 6.2 and 6.3: the registers that simply keep what was written. */
const STORED: readonly Row[] = [
  { name: 'CR2', width: 32, mask: 0xbn, reset: 0n, cr0: SMMUEN },
  { name: 'GERROR_IRQ_CFG0', width: 64, mask: MSI, reset: 0n, irq: GERROR_IRQEN },
  { name: 'GERROR_IRQ_CFG1', width: 32, mask: 0xffff_ffffn, reset: 0n, irq: GERROR_IRQEN },
  { name: 'GERROR_IRQ_CFG2', width: 32, mask: 0x3fn, reset: 0n, irq: GERROR_IRQEN },
  { name: 'STRTAB_BASE', width: 64, mask: 0x4000_ffff_ffff_ffc0n, reset: 0n, cr0: SMMUEN },
  { name: 'STRTAB_BASE_CFG', width: 32, mask: 0x3_07ffn, reset: 0n, cr0: SMMUEN },
  { name: 'CMDQ_BASE', width: 64, mask: QUEUE_BASE, reset: 0n, cr0: CMDQEN },
  { name: 'EVENTQ_BASE', width: 64, mask: QUEUE_BASE, reset: 0n, cr0: EVENTQEN },
  { name: 'EVENTQ_IRQ_CFG0', width: 64, mask: MSI, reset: 0n, irq: EVENTQ_IRQEN },
  { name: 'EVENTQ_IRQ_CFG1', width: 32, mask: 0xffff_ffffn, reset: 0n, irq: EVENTQ_IRQEN },
  { name: 'EVENTQ_IRQ_CFG2', width: 32, mask: 0x3fn, reset: 0n, irq: EVENTQ_IRQEN },
  { name: 'PRIQ_BASE', width: 64, mask: QUEUE_BASE, reset: 0n, cr0: PRIQEN },
  { name: 'PRIQ_IRQ_CFG0', width: 64, mask: MSI, reset: 0n, irq: PRIQ_IRQEN },
  { name: 'PRIQ_IRQ_CFG1', width: 32, mask: 0xffff_ffffn, reset: 0n, irq: PRIQ_IRQEN },
  { name: 'PRIQ_IRQ_CFG2', width: 32, mask: 0x8000_003fn, reset: 0n, irq: PRIQ_IRQEN },
  { name: 'EVENTQ_PROD', width: 32, mask: 0x800f_ffffn, reset: 0n, cr0: EVENTQEN },
  { name: 'EVENTQ_CONS', width: 32, mask: 0x800f_ffffn, reset: 0n },
  { name: 'PRIQ_PROD', width: 32, mask: 0x800f_ffffn, reset: 0n, cr0: PRIQEN },
  { name: 'PRIQ_CONS', width: 32, mask: 0x800f_ffffn, reset: 0n },
  { name: 'CMDQ_PROD', width: 32, mask: 0xf_ffffn, reset: 0n },
  { name: 'GATOS_SID', width: 64, mask: 0x001f_ffff_0000_ffffn, reset: 0n },
  { name: 'GATOS_ADDR', width: 64, mask: 0xffff_ffff_ffff_ffc0n, reset: 0n },
];

const READ_ONLY = [
  'IDR0',
  'IDR1',
  'IDR2',
  'IDR3',
  'IDR4',
  'IDR5',
  'IIDR',
  'AIDR',
  'CR0ACK',
  'STATUSR',
  'AGBPA',
  'IRQ_CTRLACK',
  'GERROR',
] as const;

function read(rig: SmmuRig, { name, width }: Row): bigint {
  return width === 64 ? rig.read64(REG[name]) : BigInt(rig.read(REG[name]));
}

function write(rig: SmmuRig, { name, width }: Row, value: bigint): void {
  if (width === 64) {
    rig.write64(REG[name], value);
  } else {
    rig.write(REG[name], Number(value & 0xffff_ffffn));
  }
}

describe.each(STORED)('$name', (row) => {
  it('resets to what the manual says (UNKNOWN: 0 here)', () => {
    expect(read(new SmmuRig(), row)).toBe(row.reset);
  });

  it('keeps its fields and reads the rest as zero', () => {
    const rig = new SmmuRig();
    write(rig, row, 0xffff_ffff_ffff_ffffn);
    expect(read(rig, row)).toBe(row.mask);
    write(rig, row, 0n);
    expect(read(rig, row)).toBe(0n);
  });

  const locks = [
    ...(row.cr0 === undefined ? [] : [['CR0', row.cr0] as const]),
    ...(row.irq === undefined ? [] : [['IRQ_CTRL', row.irq] as const]),
  ];
  it.each(locks)('ignores writes while guarded by %s bit %i, and says so', (control, bit) => {
    for (const archMinor of [1, 2]) {
      const rig = new SmmuRig({ features: { archMinor } });
      write(rig, row, row.mask);
      rig.write(REG[control], bit);
      rig.takeDiagnostics();
      write(rig, row, 0n);
      // Before SMMUv3.2 both are permitted: queue registers take the value, the others keep theirs.
      const queue = control === 'CR0' && bit !== SMMUEN;
      expect(read(rig, row)).toBe(archMinor < 2 && queue ? 0n : row.mask);
      const kind = archMinor >= 2 ? 'guest-error' : 'constrained-unpredictable';
      expect(rig.takeDiagnostics()[0]).toMatch(
        new RegExp(`^${kind} .*write of 0x0 to ${row.name}`),
      );
      rig.write(REG[control], 0);
      write(rig, row, 0n);
      expect(read(rig, row)).toBe(0n);
    }
  });

  it.each(locks)('stays locked until the ACK of %s bit %i shows 0', (control, bit) => {
    const rig = new SmmuRig({ updateTicks: 100 });
    write(rig, row, row.mask);
    rig.write(REG[control], bit);
    write(rig, row, 0n);
    expect(read(rig, row)).toBe(row.mask);
    rig.machine.sleep(100);
    rig.write(REG[control], 0);
    write(rig, row, 0n);
    expect(read(rig, row)).toBe(row.mask);
    rig.machine.sleep(100);
    write(rig, row, 0n);
    expect(read(rig, row)).toBe(0n);
  });
});

describe.each(STORED.filter(({ width }) => width === 64))('64-bit $name', (row) => {
  it('is made of two halves that are written apart', () => {
    const rig = new SmmuRig();
    rig.write(REG[row.name] + 4, 0xffff_ffff);
    expect(read(rig, row)).toBe(row.mask & ~0xffff_ffffn);
    rig.write(REG[row.name], 0xffff_ffff);
    expect(read(rig, row)).toBe(row.mask);
    expect(rig.read(REG[row.name] + 4)).toBe(Number(row.mask >> 32n));
  });
});

describe('registers that are read-only', () => {
  it.each(READ_ONLY)('%s ignores writes and the driver hears of it', (name) => {
    const rig = new SmmuRig();
    const before = rig.read(REG[name]);
    rig.write(REG[name], ~before);
    expect(rig.read(REG[name])).toBe(before);
    expect(rig.takeDiagnostics()[0]).toMatch(/^guest-error 6\.3\.\d+: write of 0x\w+ to read-only/);
  });
});

describe('registers of absent features', () => {
  it.each([
    ['pri', ['PRIQ_BASE', 'PRIQ_PROD', 'PRIQ_CONS', 'PRIQ_IRQ_CFG0', 'PRIQ_IRQ_CFG2']],
    ['msi', ['GERROR_IRQ_CFG0', 'EVENTQ_IRQ_CFG0', 'EVENTQ_IRQ_CFG1', 'PRIQ_IRQ_CFG1']],
    ['atos', ['GATOS_CTRL', 'GATOS_SID', 'GATOS_ADDR']],
  ] as const)('without %s are RES0', (feature, names) => {
    const rig = new SmmuRig({ features: { [feature]: false } });
    for (const name of names) {
      rig.write(REG[name], 0xffff_ffff);
      expect([name, rig.read(REG[name])]).toEqual([name, 0]);
    }
  });

  it('PRIQ_IRQ_CFG2 keeps LO without MSIs', () => {
    const rig = new SmmuRig({ features: { msi: false } });
    rig.write(REG.PRIQ_IRQ_CFG2, 0xffff_ffff);
    expect(rig.read(REG.PRIQ_IRQ_CFG2)).toBe(0x8000_0000);
  });

  it.each([
    ['ats', 'CR0', 0x10],
    ['vmw', 'CR0', 0x1c0],
    ['pri', 'CR0', 0x2],
    ['hyp', 'CR2', 0x1],
    ['atsrecerr', 'CR2', 0x8],
    ['pri', 'IRQ_CTRL', 0x2],
  ] as const)('without %s %s bits 0x%x read as zero', (feature, name, bits) => {
    for (const present of [true, false]) {
      const rig = new SmmuRig({ features: { [feature]: present } });
      rig.write(REG[name], bits);
      expect(rig.read(REG[name]) & bits).toBe(present ? bits : 0);
    }
  });
});

describe('addresses above the output address size', () => {
  it('are not stored', () => {
    const rig = new SmmuRig({ features: { oas: 2 } });
    for (const name of ['STRTAB_BASE', 'CMDQ_BASE', 'EVENTQ_BASE', 'EVENTQ_IRQ_CFG0'] as const) {
      rig.write64(REG[name], 0x00ff_ffff_ffff_ffffn);
      expect(rig.read64(REG[name]) >> 40n).toBe(0n);
    }
  });
});

describe('CR1', () => {
  it('guards TABLE fields by SMMUEN and QUEUE fields by any queue enable', () => {
    const cases = [
      [SMMUEN, 0x3f],
      [CMDQEN, 0xfc0],
      [EVENTQEN, 0xfc0],
      [PRIQEN, 0xfc0],
      [SMMUEN | EVENTQEN, 0],
      [0, 0xfff],
    ] as const;
    for (const [cr0, writable] of cases) {
      const rig = new SmmuRig();
      rig.write(REG.CR0, cr0);
      rig.write(REG.CR1, 0xffff_ffff);
      expect([cr0, rig.read(REG.CR1)]).toEqual([cr0, writable]);
    }
  });
});

describe('CMDQ_CONS', () => {
  it('can be written with CMDQEN = 0 only, and its bits above the wrap flag are zero', () => {
    const rig = new SmmuRig();
    rig.start(0);
    rig.write(REG.CMDQ_CONS, 0x000f_ffff);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0x1f);
    rig.write(REG.CMDQ_PROD, 0x1f);
    rig.write(REG.CR0, CMDQEN);
    rig.write(REG.CMDQ_CONS, 0);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0x1f);
  });
});

describe('accesses that the manual does not define (6.2)', () => {
  const device = (rig: SmmuRig) => rig.smmu;

  it('unaligned ones are RAZ/WI with a diagnostic', () => {
    const rig = new SmmuRig();
    for (const offset of [REG.CR2 + 1, REG.CR2 + 2, REG.CR2 + 3]) {
      device(rig).write32(offset, -1);
      expect(device(rig).read32(offset)).toBe(0);
    }
    const pair = new Int32Array([5, 5]);
    device(rig).read64(REG.CMDQ_BASE + 4, pair);
    expect([...pair]).toEqual([0, 0]);
    expect(rig.read(REG.CR2)).toBe(0);
    expect(rig.takeDiagnostics().filter((text) => text.includes('unaligned'))).toHaveLength(7);
  });

  it('64-bit ones of 32-bit registers are RAZ/WI with a diagnostic', () => {
    const rig = new SmmuRig();
    rig.write64(REG.CR1 & ~7, 0xffff_ffff_ffff_ffffn);
    expect(rig.read64(REG.CR1 & ~7)).toBe(0n);
    expect(rig.read(REG.CR1)).toBe(0);
    expect(rig.takeDiagnostics()[0]).toMatch(/^guest-error 6\.2: 64-bit write of 32-bit CR1/);
  });

  it('Secure registers are refused loudly', () => {
    const rig = new SmmuRig();
    for (const offset of [0x8000, 0x8020, 0x8080, 0xfffc, 0x1_80a8]) {
      rig.write(offset, 1);
      expect(rig.read(offset)).toBe(0);
    }
    const texts = rig.takeDiagnostics();
    expect(texts).toHaveLength(10);
    expect(texts.every((text) => /^unimplemented 6\.2\.\d: .*no Secure state/.test(text))).toBe(
      true,
    );
  });

  it('page 0 offsets of the EVENTQ and PRIQ indexes are RAZ/WI', () => {
    const rig = new SmmuRig();
    rig.write(REG.EVENTQ_CONS, 3);
    for (const offset of [0xa8, 0xac, 0xc8, 0xcc]) {
      rig.write(offset, 7);
      expect(rig.read(offset)).toBe(0);
    }
    expect(rig.read(REG.EVENTQ_CONS)).toBe(3);
    expect(rig.takeDiagnostics()[0]).toMatch(/^guest-error 6\.2: .*page 1/);
  });

  it('reserved offsets are RES0', () => {
    const rig = new SmmuRig();
    for (const offset of [0x4c, 0x58, 0x200, 0x7ffc, 0x1_0000, 0x1_0090]) {
      rig.write(offset, 0xffff_ffff);
      expect(rig.read(offset)).toBe(0);
    }
    expect(rig.takeDiagnostics()).toHaveLength(12);
  });

  it('offsets that no bus can send are an error that names the argument', () => {
    const rig = new SmmuRig();
    for (const offset of [-4, 0x2_0000, 1.5, Number.NaN]) {
      expect(() => rig.smmu.read32(offset)).toThrow(`offset ${offset} is not inside`);
      expect(() => rig.smmu.write64(offset, 0, 0)).toThrow(`offset ${offset} is not inside`);
    }
    expect(rig.machine.bus.read32(SMMU_BASE + REG.AIDR)).toBe(2);
  });
});
