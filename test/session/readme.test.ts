// What the README shows is what happens: its first script, run here, is explained in its words.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { Inspector } from '../../sim/inspect/inspector.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';
import { runScript } from '../support/run-script.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** Code blocks of the section, in order. */
function blocks(heading: string): readonly string[] {
  const [, section = ''] = README.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/```\w*\n(.*?)```/gs)].map(([, text = '']) => text);
}

it('the README’s first script prints and explains what the README says', async () => {
  const [script = '', log = '', commands = '', explanation = ''] = blocks('A first script');
  expect(commands).toContain('explain first.substream');
  const run = await runScript(script, { file: 'first.ts' });
  expect(run.result.exit).toBe(3);
  const shown = log.split('\n').filter((line) => line !== '...' && line !== '');
  expect(shown.length).toBeGreaterThan(1);
  expect(run.console).toEqual(expect.arrayContaining(shown));

  const reader = new SessionReader();
  reader.push(run.session.traceText());
  const { header, source } = reader.end();
  const inspector = new Inspector(source, hardwareOf(header.machine), header.file);
  expect(`${inspector.explain(1)?.lines.join('\n')}\n`).toBe(explanation);
});
