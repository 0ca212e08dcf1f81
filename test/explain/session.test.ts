import { describe, expect, it } from 'vitest';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { writeSessionFile } from '../../sim/trace/session-file.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';
import { ENTRIES, FaultRig } from '../support/fault-rig.ts';

/** The session of two faults, through its file. */
function reopened(features = {}): Inspector {
  const rig = new FaultRig({ features });
  rig.access({ sid: 64 });
  rig.at(50, 'iommu_unmap', () => rig.poke(ENTRIES[3], [0n]));
  rig.invalidate();
  rig.access();
  const info = {
    file: 'accel.ts',
    script: '',
    profile: 'seed18',
    seed: 1,
    machine: { smmu: features, ram: { base: '0x40000000', size: '0x80000000' } },
  };
  const reader = new SessionReader();
  for (const piece of writeSessionFile(info, rig.rig.recorder)) {
    reader.push(piece);
  }
  const { header, source } = reader.end();
  return new Inspector(source, hardwareOf(header.machine), header.file);
}

describe('a session file', () => {
  it('explains each of its events, by the numbers the console shows', () => {
    const explainer = reopened();
    expect(explainer.events).toBe(2);
    expect(explainer.explain(1)?.lines[0]).toBe(
      'C_BAD_STREAMID (0x02)  SID 0x40  SSID 3  read of 0x7000_0000',
    );
    expect(explainer.explain(2)?.lines.join('\n')).toContain(
      'Written last by     accel.ts:50  iommu_unmap()',
    );
    expect(explainer.explain(3)).toBeUndefined();
  });

  it('tells the walk of a fault to draw it, and the guilty word field by field', () => {
    const { walk } = reopened().explain(2) ?? {};
    expect(walk?.steps.map(({ title, verdict }) => `${title} ${verdict}`)).toEqual([
      'STE 0x8 ok',
      'CD 0x3 ok',
      'L0 ok',
      'L1 ok',
      'L2 ok',
      'L3 guilty',
    ]);
    expect(walk?.word).toMatchObject({
      where: 'L3',
      field: 'valid',
      hi: 0,
      lo: 0,
      base: 0,
      pa: BigInt(ENTRIES[3]),
      word: '0x0000000000000000',
    });
    expect(walk?.word?.fields.map(({ name }) => name)).toContain('OA');
  });

  it('is explained on the hardware that its header describes', () => {
    const explainer = reopened({ ssidsize: 0 });
    expect(explainer.explain(2)?.lines.join('\n')).toContain('IDR1.SSIDSIZE  <-- here');
  });
});
