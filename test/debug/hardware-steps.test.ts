// "Step the SMMU": one command, or one fetch of a walk, at a time; in a nested walk each fetch is shown.

import { afterEach, describe, expect, it } from 'vitest';
import type { HardwareStep } from '../../sim/protocol/debug.ts';
import { DebugRig, onLines } from '../support/debug-rig.ts';
import { NESTED_WALK } from '../support/nested-walk.ts';

let rig: DebugRig | undefined;

afterEach(() => rig?.dispose());

/** What the hardware did in each step from a line to the next, without addresses. */
async function steps(text: string, line: number, unit: HardwareStep): Promise<string[]> {
  rig = await DebugRig.launch({ text, breakpoints: onLines(line, line + 1) });
  const found: string[] = [];
  await rig.stop();
  for (;;) {
    await rig.debug.stepHardware(unit);
    const stop = await rig.stop();
    if (stop?.frames[0]?.line !== line) {
      return found;
    }
    expect(stop.reason).toBe('step');
    found.push((stop.text ?? '').replace(/ at 0x[\s\S]*/, ''));
  }
}

describe('step the SMMU', () => {
  it('shows each fetch of a nested walk', async () => {
    const { text, line } = NESTED_WALK;
    expect(await steps(text, line, 'fetch')).toEqual([
      'fetch L1STD',
      'fetch STE',
      'fetch S2 L1 descriptor',
      'fetch CD',
      'fetch S1 L0 descriptor',
      'fetch S1 L1 descriptor',
      'fetch S1 L2 descriptor',
      'fetch S1 L3 descriptor',
    ]);
    await rig?.debug.continue();
    expect((await rig?.result)?.exit).toBe(0);
  });

  it('shows each command that a call leads to', async () => {
    const { text } = NESTED_WALK;
    const found = await steps(text, 4, 'command');
    const pair = ['CMD_CFGI_STE', 'CMD_SYNC'];
    const names = [...pair, ...pair, ...pair, 'CMD_PREFETCH_CONFIG'];
    expect(found.map((one) => one.split(' ')[0])).toEqual(names);
  });

  it('stops at a breakpoint that comes first', async () => {
    const hardware = [{ id: 77, enabled: true, on: 'dma sid=0x10' }];
    const { text, line } = NESTED_WALK;
    rig = await DebugRig.launch({ text, breakpoints: { ...onLines(line), hardware } });
    await rig.stop();
    await rig.debug.stepHardware('command');
    expect(await rig.stop()).toMatchObject({ reason: 'hardware breakpoint', breakpoints: [77] });
  });
});
