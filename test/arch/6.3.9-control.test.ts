import { describe, expect, it } from 'vitest';
import { CMDQ, CMDQEN, EVENTQEN, PRIQEN, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const ATSCHK = 0x10;
const SYNC = [0x46n, 0n] as const;

describe('CR0 and CR0ACK (6.3.9)', () => {
  it('acknowledges at once by default, and never a reserved bit', () => {
    const rig = new SmmuRig();
    rig.write(REG.CR0, 0xffff_ffff);
    expect(rig.read(REG.CR0)).toBe(0x1df);
    expect(rig.read(REG.CR0ACK)).toBe(0x1df);
  });

  it('reads back what was written before the update is complete', () => {
    const rig = new SmmuRig({ updateTicks: 50 });
    rig.write(REG.CR0, EVENTQEN);
    expect([rig.read(REG.CR0), rig.read(REG.CR0ACK)]).toEqual([EVENTQEN, 0]);
    rig.machine.sleep(49);
    expect(rig.read(REG.CR0ACK)).toBe(0);
    rig.machine.sleep(1);
    expect(rig.read(REG.CR0ACK)).toBe(EVENTQEN);
  });

  it('updates each field on its own', () => {
    const rig = new SmmuRig({ updateTicks: 50 });
    rig.write(REG.CR0, EVENTQEN);
    rig.machine.sleep(30);
    rig.write(REG.CR0, EVENTQEN | ATSCHK);
    rig.machine.sleep(20);
    expect(rig.read(REG.CR0ACK)).toBe(EVENTQEN);
    rig.machine.sleep(30);
    expect(rig.read(REG.CR0ACK)).toBe(EVENTQEN | ATSCHK);
    expect(rig.takeDiagnostics()).toEqual([]);
  });

  it('keeps the first value of a field that is changed again before its ACK', () => {
    const rig = new SmmuRig({ updateTicks: 50 });
    rig.write(REG.CR0, ATSCHK | EVENTQEN);
    rig.write(REG.CR0, EVENTQEN);
    expect(rig.read(REG.CR0)).toBe(ATSCHK | EVENTQEN);
    expect(rig.takeDiagnostics()[0]).toMatch(/^guest-error 6\.3\.9: CR0\.ATSCHK changed again/);
    rig.machine.sleep(50);
    expect(rig.read(REG.CR0ACK)).toBe(ATSCHK | EVENTQEN);
  });

  it('treats reserved VMW values as 0', () => {
    const rig = new SmmuRig();
    const seen = Array.from({ length: 8 }, (_, vmw) => {
      rig.write(REG.CR0, vmw << 6);
      expect(rig.read(REG.CR0ACK)).toBe(vmw << 6);
      return rig.smmu.state.vmw;
    });
    expect(seen).toEqual([0, 1, 2, 3, 4, 0, 0, 0]);
  });

  it('does not consume commands or write events before the ACK', () => {
    const rig = new SmmuRig({ updateTicks: 50 });
    rig.start(CMDQEN);
    rig.commands(SYNC);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0);
    rig.machine.sleep(50);
    expect(rig.read(REG.CMDQ_CONS)).toBe(1);
  });

  it('leaves CONS on the first unprocessed command when CMDQEN goes to 0', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(SYNC);
    rig.write(REG.CR0, EVENTQEN);
    rig.commands(SYNC, SYNC);
    expect(rig.read(REG.CMDQ_CONS)).toBe(1);
    rig.write(REG.CR0, CMDQEN);
    expect(rig.read(REG.CMDQ_CONS)).toBe(3);
  });
});

describe('IRQ_CTRL and IRQ_CTRLACK (6.3.16)', () => {
  it('hand over as CR0 does', () => {
    const rig = new SmmuRig({ updateTicks: 10 });
    rig.write(REG.IRQ_CTRL, 0xffff_ffff);
    expect([rig.read(REG.IRQ_CTRL), rig.read(REG.IRQ_CTRLACK)]).toEqual([7, 0]);
    rig.machine.sleep(10);
    expect(rig.read(REG.IRQ_CTRLACK)).toBe(7);
  });

  it('raise nothing for what happened before the enable', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.write(REG.IRQ_CTRL, 0);
    rig.commands([0x08n, 0n]);
    expect(rig.cerror()).toBe(1);
    rig.write(REG.IRQ_CTRL, 7);
    expect(rig.raised).toEqual([]);
  });
});

describe('the values in force', () => {
  it('follow CR2', () => {
    const rig = new SmmuRig();
    rig.write(REG.CR2, 0xb);
    const { e2h, recinvsid, recCfgAts } = rig.smmu.state;
    expect([e2h, recinvsid, recCfgAts]).toEqual([true, true, true]);
  });

  it.each([
    // base, cfg, sidsize → two-level, split, log2Size, base in use
    [0x4040_0fc0n, 4, 16, false, 6, 4, 0x4040_0c00],
    [0x4040_0040n, 0x10, 16, false, 6, 16, 0x4040_0000],
    [0x40ff_ffc0n, 0x10, 8, false, 6, 8, 0x40c0_0000],
    [0x4040_00c0n, 0x1_0000 | (6 << 6) | 9, 16, true, 6, 9, 0x4040_00c0],
    [0x4040_00c0n, 0x1_0000 | (8 << 6) | 14, 16, true, 8, 14, 0x4040_0000],
    [0x4040_00c0n, 0x1_0000 | (7 << 6) | 14, 16, true, 6, 14, 0x4040_0000],
    [0x4040_01c0n, 0x1_0000 | (10 << 6) | 20, 16, true, 10, 16, 0x4040_0000],
    [0x4040_0000n, 0x2_0000 | (8 << 6) | 4, 16, false, 8, 4, 0x4040_0000],
    [0xffff_ffff_ffc0n, 63, 16, false, 6, 16, 0],
  ] as const)('align STRTAB_BASE 0x%x by STRTAB_BASE_CFG 0x%x', (base, cfg, sidsize, ...want) => {
    const rig = new SmmuRig({ features: { sidsize } });
    rig.write64(REG.STRTAB_BASE, base);
    rig.write(REG.STRTAB_BASE_CFG, cfg);
    const { strtabTwoLevel, strtabSplit, strtabLog2Size, strtabBase } = rig.smmu.state;
    expect([strtabTwoLevel, strtabSplit, strtabLog2Size, strtabBase]).toEqual(want);
  });

  it('tell the driver about a base that the hardware aligns in silence', () => {
    const rig = new SmmuRig();
    rig.start(0);
    rig.write64(REG.STRTAB_BASE, 0x4040_0040n);
    rig.write(REG.STRTAB_BASE_CFG, 8);
    rig.write64(REG.CMDQ_BASE, BigInt(CMDQ + 32) | 30n);
    rig.write(REG.CR0, SMMUEN | CMDQEN | EVENTQEN | PRIQEN);
    const texts = rig.takeDiagnostics().join('\n');
    expect(texts).toContain('STRTAB_BASE 0x40400040 is not aligned');
    expect(texts).toContain('CMDQ_BASE.LOG2SIZE 30 is above the 8 of IDR1');
    expect(texts).toContain('CMDQ_BASE 0x40100020 is not aligned');
  });
});
