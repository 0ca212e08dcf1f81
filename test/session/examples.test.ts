// Every script of the gallery runs as its comment says: its exit status, its events, its console.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, describe as suite } from 'vitest';
import { describe } from '../../main/examples.ts';
import { ending, runScript } from '../support/run-script.ts';

const FOLDER = join(import.meta.dirname, '../../examples');

/** Exit status, and the events in their order. Status 3: the example means to leave events uncovered. */
const EXPECTED: Readonly<Record<string, readonly [exit: number, events: readonly string[]]>> = {
  'address-beyond-range.ts': [0, ['F_TRANSLATION', 'F_TRANSLATION']],
  'aux-domains-attr19.ts': [3, ['F_TRANSLATION', 'F_TRANSLATION']],
  'aux-domains.ts': [3, ['F_TRANSLATION', 'F_TRANSLATION']],
  'dma-api-pasid.ts': [0, ['F_PERMISSION', 'F_TRANSLATION']],
  'forgotten-invalidation.ts': [0, ['F_TRANSLATION']],
  'mdev.ts': [0, ['C_BAD_CD']],
  'memcpy-engine.ts': [0, ['F_PERMISSION']],
  'pasid-not-attached.ts': [0, ['C_BAD_CD']],
  'pasid-out-of-range.ts': [0, ['C_BAD_SUBSTREAMID', 'C_BAD_CD']],
  'read-only-page.ts': [0, ['F_PERMISSION']],
  'stray-write.ts': [0, ['C_BAD_STE']],
  'sva-pri.ts': [0, []],
  'sva-stall.ts': [0, [...Array(5).fill('F_TRANSLATION'), 'C_BAD_CD']],
  'use-after-unmap.ts': [0, ['F_TRANSLATION']],
};

const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

suite('the gallery', () => {
  it('is what is expected below', () => {
    expect([...NAMES].sort()).toEqual(Object.keys(EXPECTED));
  });

  it.each(NAMES)('%s has a title of its own and says what to look at', (name) => {
    const { title, summary } = describe(name, readFileSync(join(FOLDER, name), 'utf8'));
    expect(title).not.toBe(name.replace('.ts', ''));
    expect(title.length).toBeLessThan(60);
    expect(summary.length).toBeGreaterThan(80);
    expect(summary).toMatch(/Look at (?:the console|[A-Z]{4,})/);
  });

  it.each(Object.entries(EXPECTED))('%s ends as it should', async (name, [exit, events]) => {
    const run = await runScript(readFileSync(join(FOLDER, name), 'utf8'), { file: name });
    expect(ending(run)).toBe(`exit ${exit}`);
    const seen = run.records.flatMap((record) =>
      record.type === 'event' ? [record.event.name] : [],
    );
    expect(seen).toEqual(events);
    const text = `${run.console.join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(`golden/${name.replace('.ts', '.txt')}`);
  });

  it.each(Object.keys(EXPECTED))('%s leaves the same trace each time', async (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    const [one, two] = [await runScript(text), await runScript(text)];
    expect(one.session.traceText()).toBe(two.session.traceText());
  });
});
