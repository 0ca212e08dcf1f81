// Steps, as keys make them: over, into, out, across awaits and into what the simulator calls.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DebugLaunch } from '../../sim/protocol/debug.ts';
import { DebugRig, NO_BREAKPOINTS, onLines, where } from '../support/debug-rig.ts';

const rigs: DebugRig[] = [];

async function launch(text: string, options: Partial<DebugLaunch> = {}): Promise<DebugRig> {
  const rig = await DebugRig.launch({ text, ...options });
  rigs.push(rig);
  return rig;
}

afterEach(() => {
  for (const rig of rigs.splice(0)) {
    rig.dispose();
  }
});

async function linesOf(rig: DebugRig, how: 'next' | 'stepIn' | 'continue'): Promise<number[]> {
  const lines: number[] = [];
  for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after(how)) {
    lines.push(stop.frames[0]?.line ?? 0);
  }
  return lines;
}

describe('stepping', () => {
  it('over visits the statements of one function, in order, and ends with the script', async () => {
    const rig = await launch(
      `function twice(x: number): number {
  const y = x * 2;
  return y;
}
const a = twice(1);
const b = twice(a);
pr_info('%d', b);`,
      { stopOnEntry: true },
    );
    expect(await linesOf(rig, 'next')).toEqual([5, 6, 7]);
    expect((await rig.result).exit).toBe(0);
  });

  it('into enters functions of the script and passes over those of the API', async () => {
    const rig = await launch(
      `const page = alloc_pages(0);
const pa = address();
pr_info('%p', pa);
function address(): bigint {
  return page_to_phys(page);
}`,
      { stopOnEntry: true },
    );
    expect(await linesOf(rig, 'stepIn')).toEqual([1, 2, 5, 3]);
  });

  it('out of a function comes back to its caller', async () => {
    const rig = await launch(
      `function inner(): number {
  const x = 1;
  return x;
}
const r = inner();
pr_info('%d', r);`,
      { breakpoints: onLines(2) },
    );
    expect(where(await rig.stop())).toBe('2:13 inner');
    const caller = await rig.after('stepOut');
    expect(where(caller)).toBe('6:1 (script)');
  });

  it('goes on behind an await', async () => {
    const rig = await launch(
      `async function later(): Promise<number> {
  await null;
  return 3;
}
const x = await later();
pr_info('%d', x);`,
      { stopOnEntry: true },
    );
    expect(await linesOf(rig, 'next')).toEqual([5, 6]);
  });

  it('into reaches a callback that the simulator calls, and out of it leads back', async () => {
    const rig = await launch(
      `const dev = platform_device('a', {});
expect_event('F_TRANSLATION', () => {
  dev.dma_read(0x1000n, 4);
});
pr_info('done');`,
      { breakpoints: onLines(2) },
    );
    await rig.stop();
    const inside = await rig.after('stepIn');
    expect(inside?.frames[0]?.line).toBe(3);
    expect(inside?.frames.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'call (anonymous)',
      'reason expect_event',
      'call (script)',
    ]);
    expect((await rig.after('stepOut'))?.frames[0]?.line).toBe(5);
  });

  it('names the interrupt that led to a handler of the script', async () => {
    const file = 'memcpy-engine.ts';
    const text = readFileSync(join(import.meta.dirname, '../../examples', file), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('done.set(')) + 1;
    const rig = await launch(text, { breakpoints: onLines(line) });
    expect((await rig.stop())?.frames.map(({ name }) => name)).toEqual([
      'interrupt',
      expect.stringMatching(/^irq \d+: memcpy0$/),
      'copy',
      '(script)',
    ]);
  });

  it.each([
    ['schedule_work', `INIT_WORK(work, () => {\n  ran();\n});\nschedule_work(work);\nmsleep(5);`],
    [
      'bus_for_each_dev',
      'bus_for_each_dev(platform_bus_type, null, null, () => {\n  return ran();\n});',
    ],
    [
      'exit',
      `assert(iommu_sva_init_device(dev, IOMMU_SVA_FEAT_IOPF, 0, 0, () => {\n  return ran();\n}) === 0);
const mm = mm_alloc();
assert(iommu_sva_bind_device(dev, mm, ref(0), IOMMU_SVA_FEAT_IOPF, null) === 0);
mm.exit();`,
    ],
  ])('names %s as what led to a callback', async (reason, calls) => {
    const rig = await launch(
      `const work = {} as never as work_struct;
const dev = platform_device('a', { sids: [8], ssid_bits: 8, can_stall: true });
const ran = () => 0;
${calls}`,
      { breakpoints: onLines(5) },
    );
    expect((await rig.stop())?.frames.map(({ name }) => name)).toEqual([
      '(anonymous)',
      reason,
      '(script)',
    ]);
  });

  it('runs to a line, and refuses one behind the end', async () => {
    const rig = await launch(`let n = 0;\nfor (; n < 100; n++) {}\npr_info('%d', n);`, {
      stopOnEntry: true,
    });
    await rig.stop();
    await expect(rig.debug.runTo(9)).rejects.toThrow('line 9 has no code');
    await rig.debug.runTo(3);
    const stop = await rig.stop();
    expect(stop).toMatchObject({ reason: 'goto', frames: [{ line: 3 }] });
  });

  it('is refused while the script runs', async () => {
    const rig = await launch(`for (;;) {}`);
    await expect(rig.debug.next()).rejects.toThrow('pause it first');
    await rig.host.stop();
    expect((await rig.result).error?.name).toBe('Stopped');
  });
});

describe('bad situations', () => {
  it('an endless loop is paused within 250 ms, and stopped within a second while paused', async () => {
    const rig = await launch(`pr_info('go');\nlet n = 0;\nfor (;;) {\n  n++;\n}`);
    await new Promise<void>((resolve) => {
      rig.host.onDidOutput(() => resolve());
    });
    const asked = performance.now();
    await rig.debug.pause();
    const stop = await rig.stop();
    const paused = performance.now();
    expect(stop?.reason).toBe('pause');
    expect(paused - asked).toBeLessThan(250);
    await rig.host.stop();
    const result = await rig.result;
    expect(performance.now() - paused).toBeLessThan(1000);
    expect(result.error?.name).toBe('Stopped');
  });

  it('a pause that is asked for while the script starts is not lost', async () => {
    for (const wait of [0, 20, 60, 150]) {
      const rig = await launch(`let n = 0;\nfor (;;) {\n  n++;\n}`);
      await new Promise((resolve) => setTimeout(resolve, wait));
      await rig.debug.pause();
      expect((await rig.stop())?.reason).toBe('pause');
      await rig.host.stop();
      await rig.result;
    }
  });

  it('a host that closes while a script is paused ends its thread', async () => {
    const rig = await launch(`pr_info('x');`, { stopOnEntry: true });
    await rig.stop();
    rig.host.dispose();
    expect((await rig.result).ok).toBe(false);
  });

  it('a heap bomb is reported at its line', async () => {
    const rig = await launch(
      `const keep: unknown[] = [];
pr_info('go');
for (;;) {
  keep.push(new Array(1000).fill(keep.length));
}`,
    );
    const stop = await Promise.race([rig.result, rig.stop()]);
    if (stop !== undefined && 'reason' in stop) {
      await rig.host.stop();
    }
    const result = await rig.result;
    expect(result.error?.name).toBe('OutOfMemory');
    expect(result.error?.place?.file).toBe('test.ts');
    expect([3, 4]).toContain(result.error?.place?.line);
  });

  it('a syntax error ends a debugged run as any other', async () => {
    const rig = await launch(`const a = ;`, { breakpoints: onLines(1) });
    expect((await rig.result).error).toMatchObject({ name: 'SyntaxError', place: { line: 1 } });
  });

  it('stops nowhere when no breakpoint is set', async () => {
    const rig = await launch(`pr_info('x');`, { breakpoints: NO_BREAKPOINTS });
    expect(await rig.stop()).toBeUndefined();
    expect(rig.log.at(-1)).toBe('x');
  });
});
