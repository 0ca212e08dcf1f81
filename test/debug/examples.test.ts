// Every example under the debugger: a breakpoint on each line that has code stops once a pass, and
// stepping from the first line to the last visits the lines in the order of the golden text.
// UPDATE_GOLDEN=1 writes the golden texts anew: look at the difference before it is kept.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DebugStop } from '../../sim/protocol/debug.ts';
import { DebugRig, onLines } from '../support/debug-rig.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const GOLDEN = join(import.meta.dirname, 'golden');
/** A script that loops is followed for this many steps. */
const MOST_STEPS = 400;

const examples = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));

function lineOf(stop: DebugStop): string {
  const [top, ...below] = stop.frames;
  const callers = below.filter(({ kind }) => kind !== 'async').map(({ name }) => name);
  return [`${top?.line} ${top?.name}`, ...callers].join(' < ');
}

describe.each(examples)('the example %s', (name) => {
  const text = readFileSync(join(EXAMPLES, name), 'utf8');

  it('is stepped through in the order of its golden text', async () => {
    const rig = await DebugRig.launch({ text, file: name, stopOnEntry: true });
    const lines: string[] = [];
    for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after('next')) {
      lines.push(lineOf(stop));
      if (lines.length >= MOST_STEPS) {
        break;
      }
    }
    rig.dispose();
    const file = join(GOLDEN, `${name}.txt`);
    const seen = `${lines.join('\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(file, seen);
    }
    expect(existsSync(file), `${file} is missing: UPDATE_GOLDEN=1`).toBe(true);
    expect(seen).toBe(readFileSync(file, 'utf8'));
  });

  it('stops once a pass at every line that has code', async () => {
    const all = text.split('\n').map((_, index) => index + 1);
    const rig = await DebugRig.launch({ text, file: name, breakpoints: onLines(...all) });
    const passes = new Map<string, number>();
    let before = '';
    for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after('continue')) {
      const top = stop.frames[0];
      const place = `${top?.line}:${top?.column}`;
      expect(stop.reason).toBe('breakpoint');
      expect(rig.statuses.some(({ line }) => line === top?.line)).toBe(true);
      const here = `${place} ${stop.frames.length}`;
      expect(here, 'the same statement twice in a row').not.toBe(before);
      before = oneLineLoop(text, top?.line ?? 0) ? '' : here;
      passes.set(place, (passes.get(place) ?? 0) + 1);
    }
    const lines = new Set([...passes.keys()].map((place) => place.split(':')[0]));
    expect(passes.size, 'one place a line').toBe(lines.size);
    rig.dispose();
  });
});

/** A loop whose body is one line stops there again at once, and rightly. */
function oneLineLoop(text: string, line: number): boolean {
  const [above = ''] = text.split('\n').slice(Math.max(0, line - 2));
  return /\b(?:for|while|do)\b|=>/.test(above + (text.split('\n')[line - 1] ?? ''));
}
