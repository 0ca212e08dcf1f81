// Linux 4.20.1's recorded driver traces: every line agrees.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { linuxDriver } from './driver.ts';
import type { Verdict } from './replayer.ts';

const file = new URL('../vectors/linux-4.20-arm-smmu-v3.jsonl.gz', import.meta.url);
const lines = gunzipSync(readFileSync(file))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Record<string, unknown>);

it('recognises its own kind of vector', () => {
  expect(lines.length).toBe(529);
  expect(lines.every((line) => linuxDriver.matches(line))).toBe(true);
  expect(linuxDriver.matches({ id: 'x', seq: [] })).toBe(false);
});

it('does what the real driver did, for every configuration and scenario', () => {
  const verdicts: Verdict[] = lines.map((line) => linuxDriver.replay(line));
  const diverged = verdicts.filter(({ outcome }) => outcome === 'diverged');
  expect(diverged.map(({ id, detail }) => `${id}: ${detail}`).slice(0, 40)).toEqual([]);
  expect(verdicts).toHaveLength(529);
}, 300_000);
