// The one-line reason in the console never names another line than the explanation does.

import { describe, expect, it } from 'vitest';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';
import { CALLS } from '../explain/script-calls.ts';
import { SCRIPT_SETUP } from '../explain/script-setup.ts';
import { STORES } from '../explain/script-stores.ts';
import { runScript } from '../support/run-script.ts';

/** The decoded lines of a run's events, and the line that each explanation blames. */
async function reasons(script: string) {
  const run = await runScript(SCRIPT_SETUP + script);
  const reader = new SessionReader();
  reader.push(run.session.traceText());
  const { header, source } = reader.end();
  const inspector = new Inspector(source, hardwareOf(header.machine), header.file);
  return run.console
    .filter((line) => /\[event \d+\]$/.test(line))
    .map((line, index) => ({ line, blamed: inspector.explain(index + 1)?.writer?.line }));
}

describe('the reason in the console', () => {
  it('names the line that the explanation blames, or none', async () => {
    const faults = [...STORES, ...CALLS].filter((_, index) => index % 4 === 0);
    for (const { script } of faults) {
      for (const { line, blamed } of await reasons(script)) {
        const named = / at test\.ts:(\d+) {2}\[event/.exec(line)?.[1];
        expect([undefined, String(blamed)]).toContain(named);
      }
    }
  });

  it.each([
    ['iommu_unmap(domain, IOVA, SZ_4K);', 'no mapping, unmapped at test.ts:LINE'],
    ['phys_write(...put(entry(3), 10, 10, 0n));', 'L3.AF written at test.ts:LINE'],
    ['phys_write(...flip(cd(), 86));', 'no mapping, CD.TTB0 written at test.ts:LINE'],
    ['iommu_detach_device(domain, dev);', 'no valid CD for SSID 1, detached at test.ts:LINE'],
  ])('says what was done: %s', async (mistake, said) => {
    const line = SCRIPT_SETUP.split('\n').length + 1;
    const [fault] = await reasons(
      `const { dev, domain } = up();\n${mistake}\ndev.dma_read(IOVA, 4, { pasid: 1 });`,
    );
    expect(fault?.line).toContain(said.replace('LINE', String(line)));
    expect(fault?.blamed).toBe(line);
  });
});
