import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { linuxIoPgtable } from '../conformance/io-pgtable.ts';
import type { Verdict } from '../conformance/replayer.ts';

const FILE = new URL('../vectors/linux-4.20-io-pgtable.jsonl.gz', import.meta.url);

it('page tables agree with what Linux 4.20.1 recorded, sequence by sequence', () => {
  const lines = gunzipSync(readFileSync(FILE)).toString('utf8').trimEnd().split('\n');
  const verdicts: Verdict[] = [];
  for (const line of lines) {
    const vector = JSON.parse(line) as Record<string, unknown>;
    expect(linuxIoPgtable.matches(vector)).toBe(true);
    verdicts.push(linuxIoPgtable.replay(vector));
  }
  expect(verdicts.length).toBe(2620);
  const diverged = verdicts.filter(({ outcome }) => outcome !== 'agreed');
  expect(diverged.slice(0, 10)).toEqual([]);
  expect(diverged.length).toBe(0);
}, 60_000);
