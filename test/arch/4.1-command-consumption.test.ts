import { describe, expect, it } from 'vitest';
import { CMDQ, CMDQEN, EVENTQEN, REG, SMMU_BASE, SmmuRig } from '../support/smmu-rig.ts';

const SYNC = [0x46n, 0n] as const;
const SYNC_IRQ = [0x1046n, 0n] as const;
const CFGI_ALL = [0x04n, 0x1fn] as const;
const RESERVED = [0x08n, 0n] as const;

describe('the Command queue (4.1, 7.1)', () => {
  it('consumes commands inside the doorbell write', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(CFGI_ALL, SYNC);
    expect(rig.read(REG.CMDQ_CONS)).toBe(2);
    expect(rig.cerror()).toBe(0);
  });

  it('wraps, many times over', () => {
    const rig = new SmmuRig({ log2Size: 1 });
    rig.start();
    for (let round = 1; round <= 9; round++) {
      rig.commands(SYNC);
      expect(rig.read(REG.CMDQ_CONS)).toBe(round % 4);
    }
  });

  it('works with one entry, whose index is the wrap flag alone', () => {
    const rig = new SmmuRig({ log2Size: 0 });
    rig.start();
    for (let round = 1; round <= 3; round++) {
      rig.commands(SYNC);
      expect(rig.read(REG.CMDQ_CONS)).toBe(round % 2);
    }
  });

  it('starts what was queued before CMDQEN', () => {
    const rig = new SmmuRig();
    rig.start(EVENTQEN);
    rig.commands(SYNC, SYNC);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0);
    rig.write(REG.CR0, CMDQEN | EVENTQEN);
    expect(rig.read(REG.CMDQ_CONS)).toBe(2);
  });

  it('stops at an illegal command, with CONS on it, and goes on when GERRORN acknowledges', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(SYNC, RESERVED, SYNC_IRQ);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0x0100_0001);
    expect(rig.read(REG.GERROR)).toBe(1);
    expect(rig.raised).toEqual(['gerror']);
    rig.commands(SYNC);
    expect(rig.read(REG.CMDQ_CONS) & 0xfffff).toBe(1);
    rig.store(CMDQ + 16, SYNC);
    rig.write(REG.GERRORN, 1);
    expect(rig.read(REG.CMDQ_CONS) & 0xfffff).toBe(4);
    expect(rig.raised).toEqual(['gerror', 'cmdSync']);
  });

  it('fails again at the same place when the command was not replaced, and says so', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(RESERVED);
    rig.write(REG.GERRORN, 1);
    expect(rig.read(REG.GERROR)).toBe(0);
    expect(rig.cerror()).toBe(1);
    expect(rig.takeDiagnostics().at(-1)).toContain('refused again');
  });

  it('lets software withdraw commands by moving PROD back while the error is active', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands(RESERVED, SYNC, SYNC);
    rig.write(REG.CMDQ_PROD, 0);
    rig.write(REG.GERRORN, 1);
    expect(rig.cerror()).toBe(0);
    expect(rig.read(REG.CMDQ_CONS) & 0xfffff).toBe(0);
  });

  it('reports an abort on the fetch as CERROR_ABT', () => {
    const rig = new SmmuRig();
    rig.start(0);
    rig.write64(REG.CMDQ_BASE, 0x1000_0000n | 4n);
    rig.write(REG.CR0, CMDQEN);
    rig.write(REG.CMDQ_PROD, 1);
    expect(rig.cerror()).toBe(2);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0x0200_0000);
  });

  it('consumes nothing from an inconsistent pair of indexes, and diagnoses it', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.write(REG.CMDQ_PROD, 0x1f);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0);
    expect(rig.takeDiagnostics()[0]).toMatch(
      /^guest-error 3\.21\.2: CMDQ_PROD 0x1f is inconsistent/,
    );
  });

  it('aligns its base to the size, as the hardware does in silence', () => {
    const rig = new SmmuRig();
    rig.start(0);
    rig.write64(REG.CMDQ_BASE, BigInt(CMDQ + 0x80) | 4n);
    rig.write(REG.CR0, CMDQEN);
    rig.commands(SYNC);
    expect(rig.cerror()).toBe(0);
    expect(rig.takeDiagnostics().join()).toContain('CMDQ_BASE 0x40100080 is not aligned');
  });

  it('caps LOG2SIZE at IDR1.CMDQS and reads it back as written', () => {
    const rig = new SmmuRig({ features: { cmdqs: 2 } });
    rig.start(0);
    rig.write64(REG.CMDQ_BASE, BigInt(CMDQ) | 9n);
    rig.write(REG.CR0, CMDQEN);
    expect(rig.read64(REG.CMDQ_BASE)).toBe(BigInt(CMDQ) | 9n);
    for (let index = 0; index < 4; index++) {
      rig.store(CMDQ + 16 * index, SYNC);
    }
    rig.write(REG.CMDQ_PROD, 4);
    rig.write(REG.CMDQ_PROD, 7);
    rig.write(REG.CMDQ_PROD, 0);
    expect(rig.read(REG.CMDQ_CONS)).toBe(0);
    expect(rig.cerror()).toBe(0);
  });

  it('does not run commands inside commands when an MSI rings its own doorbell', () => {
    const rig = new SmmuRig();
    rig.start();
    const doorbell = BigInt(SMMU_BASE + REG.CMDQ_PROD);
    rig.commands([(5n << 32n) | 0x1046n, doorbell]);
    expect(rig.read(REG.CMDQ_CONS)).toBe(1);
    expect(rig.read(REG.CMDQ_PROD)).toBe(1);
    expect(rig.takeDiagnostics()[0]).toMatch(/^unimplemented 3\.18/);
  });

  it('leaves each command in the trace: its fetch, its words, its verdict and what it caused', () => {
    const rig = new SmmuRig();
    rig.start();
    rig.commands([0x0000_0007_0000_1046n, 0x1000n], [0xaaaa_0001_0000_00ffn, 0x5555n]);
    const trace = rig.trace();
    const of = (kind: string) => trace.filter((record) => record.kind === kind);
    expect(of('fetch').map(({ data }) => data)).toEqual([
      { what: 5, level: -1, stage: 0, ok: 1, pa: BigInt(CMDQ), value: 0x0000_0007_0000_1046n },
      { what: 5, level: -1, stage: 0, ok: 1, pa: BigInt(CMDQ + 16), value: 0xaaaa_0001_0000_00ffn },
    ]);
    const [sync, refused] = of('command');
    expect(sync?.data).toEqual({ index: 0, cerror: 0, dw0: 0x0000_0007_0000_1046n, dw1: 0x1000n });
    expect(refused?.data).toMatchObject({ index: 1, cerror: 1, dw0: 0xaaaa_0001_0000_00ffn });
    const [message] = of('msi');
    expect(message?.data).toEqual({ address: 0x1000n, data: 7, ok: 0 });
    expect(message?.cause).toBe(sync?.id);
    expect(of('irq').map(({ data, cause }) => [data['name'], cause])).toEqual([
      ['cmdSync', sync?.id],
      ['gerror', sync?.id],
      ['gerror', refused?.id],
    ]);
    expect(of('diagnostic').map(({ cause }) => cause)).toEqual([refused?.id]);
    expect(rig.recorder.cause).toBe(0);
  });
});
