import { describe, expect, it } from 'vitest';
import { CMDQEN, EVENTQEN, PRIQEN, REG, SMMUEN, SmmuRig } from '../support/smmu-rig.ts';

const DOORBELL = 0x5000_0000;
const NOWHERE = 0x1000n;
const ILLEGAL = [0xffn, 0n] as const;
const sync = (data: number, address: bigint) => [(BigInt(data) << 32n) | 0x1046n, address] as const;

function errors(rig: SmmuRig): number {
  return rig.read(REG.GERROR) ^ rig.read(REG.GERRORN);
}

describe('CMD_SYNC with SIG_IRQ (4.7.3)', () => {
  it('writes MSIData to MSIAddress as one word, and pulses its line', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.store(DOORBELL, [0xffff_ffff_ffff_ffffn]);
    rig.commands(sync(0x1234_5678, BigInt(DOORBELL + 4)));
    expect(rig.load(DOORBELL, 1)).toEqual([0x1234_5678_ffff_ffffn]);
    expect(rig.raised).toEqual(['cmdSync']);
  });

  it('ignores the low two bits and the high byte of the address', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(sync(7, 0xff00_0000_0000_0003n | BigInt(DOORBELL)));
    expect(rig.load(DOORBELL, 1)).toEqual([7n]);
  });

  it('truncates the address to the OAS, after the check for zero', () => {
    const rig = new SmmuRig({ features: { oas: 0 } });
    rig.start();
    rig.commands(sync(9, (1n << 40n) | BigInt(DOORBELL)));
    expect(rig.load(DOORBELL, 1)).toEqual([9n]);
    rig.commands(sync(9, 1n << 40n));
    expect(errors(rig)).toBe(0x10);
  });

  it('has the wired line alone with address 0 or without MSIs', () => {
    const without = new SmmuRig({ features: { msi: false } });
    without.start();
    without.commands(sync(7, BigInt(DOORBELL)));
    expect(without.load(DOORBELL, 1)).toEqual([0n]);
    const zero = new SmmuRig();
    zero.start();
    zero.commands(sync(7, 0n));
    expect([without.raised, zero.raised]).toEqual([['cmdSync'], ['cmdSync']]);
    expect([errors(without), errors(zero)]).toEqual([0, 0]);
  });

  it('completes although its MSI aborts, which GERROR tells', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(sync(1, NOWHERE), [0x46n, 0n]);
    expect(rig.read(REG.CMDQ_CONS)).toBe(2);
    expect(errors(rig)).toBe(0x10);
    expect(rig.raised).toEqual(['cmdSync', 'gerror']);
  });
});

describe('other completion signals', () => {
  const events = (rig: SmmuRig): number =>
    rig.trace().filter(({ kind, data }) => kind === 'irq' && data['name'] === 'SEV').length;

  it('SIG_NONE is silent, SIG_SEV sends an event when IDR0.SEV says so', () => {
    for (const sev of [true, false]) {
      const rig = new SmmuRig({ features: { sev } });
      rig.start();
      rig.commands([0x46n, BigInt(DOORBELL)]);
      expect(events(rig)).toBe(0);
      rig.commands([0x2046n, BigInt(DOORBELL)]);
      expect(events(rig)).toBe(sev ? 1 : 0);
      expect(rig.raised).toEqual([]);
      expect(rig.load(DOORBELL, 1)).toEqual([0n]);
    }
  });

  it('a full queue that gets room sends an event when IDR0.SEV says so', () => {
    const rig = new SmmuRig({ log2Size: 1 });
    rig.start(EVENTQEN);
    rig.commands([0x30n, 0n], [0x30n, 0n]);
    expect(events(rig)).toBe(0);
    rig.write(REG.CR0, CMDQEN);
    expect(events(rig)).toBe(1);
  });
});

describe('interrupts with a register each (3.18.2)', () => {
  it.each([
    ['GERROR_IRQ_CFG0', 1],
    ['EVENTQ_IRQ_CFG0', 4],
  ] as const)('%s configures an MSI beside the wire', (name, enable) => {
    const rig = new SmmuRig();
    rig.write64(REG[name], BigInt(DOORBELL));
    rig.write(REG[name] + 8, 0xabcd);
    rig.start();
    rig.write(REG.IRQ_CTRL, enable);
    rig.commands(ILLEGAL);
    rig.access(0, 0n, { flags: 16 });
    expect(rig.load(DOORBELL, 1)).toEqual([0xabcdn]);
    expect(rig.raised).toEqual([enable === 1 ? 'gerror' : 'eventq']);
  });

  it('are silent while IRQ_CTRL says so', () => {
    const rig = new SmmuRig();
    rig.write64(REG.GERROR_IRQ_CFG0, BigInt(DOORBELL));
    rig.write(REG.GERROR_IRQ_CFG1, 0xabcd);
    rig.start();
    rig.write(REG.IRQ_CTRL, 0);
    rig.commands(ILLEGAL);
    expect(rig.load(DOORBELL, 1)).toEqual([0n]);
    expect(rig.raised).toEqual([]);
    expect(errors(rig)).toBe(1);
  });

  it('an aborted Event queue MSI is an error of its own', () => {
    const rig = new SmmuRig();
    rig.write64(REG.EVENTQ_IRQ_CFG0, NOWHERE);
    rig.start();
    rig.access(0, 0n, { flags: 16 });
    expect(errors(rig)).toBe(0x20);
    expect(rig.raised).toEqual(['eventq', 'gerror']);
    expect(rig.events()).toHaveLength(1);
  });

  it('the PRI queue has its own MSI and its own error', () => {
    const rig = new SmmuRig();
    const request = { sid: 1, ssid: -1, addrLo: 0, addrHi: 0, prgIndex: 0, last: true, read: true };
    const no = { write: false, execute: false, privileged: false };
    rig.write64(REG.PRIQ_IRQ_CFG0, BigInt(DOORBELL));
    rig.write(REG.PRIQ_IRQ_CFG1, 0x77);
    rig.start(SMMUEN | PRIQEN);
    rig.smmu.pageRequest({ ...request, ...no });
    expect(rig.load(DOORBELL, 1)).toEqual([0x77n]);
    rig.write(REG.IRQ_CTRL, 0);
    rig.write64(REG.PRIQ_IRQ_CFG0, NOWHERE);
    rig.write(REG.IRQ_CTRL, 7);
    rig.write(REG.PRIQ_CONS, 1);
    rig.smmu.pageRequest({ ...request, ...no });
    expect(errors(rig)).toBe(0x40);
    expect(rig.raised).toEqual(['priq', 'priq', 'gerror']);
  });

  it('an MSI goes to the whole address, above 4 GiB too', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(sync(1, 0x12_3456_789cn));
    const [message] = rig.trace().filter(({ kind }) => kind === 'msi');
    expect(message?.data).toEqual({ address: 0x12_3456_789cn, data: 1, ok: 0 });
  });

  it('an aborted GERROR MSI is not told by another GERROR interrupt', () => {
    const rig = new SmmuRig();
    rig.write64(REG.GERROR_IRQ_CFG0, NOWHERE);
    rig.start();
    rig.commands(ILLEGAL);
    expect(errors(rig)).toBe(0x81);
    expect(rig.raised).toEqual(['gerror']);
  });
});

describe('GERROR and GERRORN (7.5)', () => {
  it('lose further errors of a kind that is active, and take new ones after the acknowledgement', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(sync(1, NOWHERE));
    rig.commands(sync(1, NOWHERE));
    expect([rig.read(REG.GERROR), rig.raised.filter((line) => line === 'gerror')]).toEqual([
      0x10,
      ['gerror'],
    ]);
    rig.write(REG.GERRORN, 0x10);
    rig.commands(sync(1, NOWHERE));
    expect([rig.read(REG.GERROR), rig.read(REG.GERRORN)]).toEqual([0, 0x10]);
  });

  it('diagnose the toggle of an inactive error, which counts as active from then on', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.write(REG.GERRORN, 1);
    expect(rig.takeDiagnostics()[0]).toMatch(/^guest-error 6\.3\.20: GERRORN toggles inactive/);
    rig.commands([0x46n, 0n]);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0);
    rig.write(REG.GERRORN, 0);
    expect(rig.read(REG.CMDQ_CONS)).toBe(1);
  });

  it('blame the driver only for errors that exist', () => {
    const rig = new SmmuRig({ features: { pri: false, msi: false } });
    rig.write(REG.GERRORN, 0xf8);
    expect(rig.takeDiagnostics()).toEqual([]);
    rig.write(REG.GERRORN, 0xffff_ffff);
    expect(rig.read(REG.GERRORN)).toBe(0x7ff);
    expect(rig.takeDiagnostics()[0]).toContain('inactive errors 0x105');
  });
});
