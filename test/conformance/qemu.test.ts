// A share of QEMU's recorded answers on every run of the tests; `npm run conformance` replays all of them.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEVIATIONS, deviationsOf } from './deviations.ts';
import { qemuHardware } from './qemu.ts';
import type { QemuCase } from './qemu-case.ts';

const file = new URL('../vectors/qemu-11.1.3.jsonl.gz', import.meta.url);
const cases = gunzipSync(readFileSync(file))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as QemuCase & Record<string, unknown>);

/** A fifteenth of each category, at least one case. */
const share = cases.filter(
  (recorded, index) => index % 15 === 0 || cases[index - 1]?.cat !== recorded.cat,
);

describe("QEMU's recorded answers", () => {
  it('agree where QEMU does not deviate, and are decided where it does', {
    timeout: 60_000,
  }, () => {
    const verdicts = share.map((line) => qemuHardware.replay(line));
    expect(verdicts.filter(({ outcome }) => outcome === 'diverged')).toEqual([]);
    expect(verdicts.filter(({ outcome }) => outcome === 'agreed').length).toBeGreaterThan(300);
  });

  it('are told apart from other vectors', () => {
    expect(cases.every((line) => qemuHardware.matches(line))).toBe(true);
    expect(qemuHardware.matches({ id: 'x', ops: [] })).toBe(false);
  });

  it('have every deviation in the table, and the table no other', () => {
    const tags = cases.flatMap(({ tags: own }) => own);
    const undecided = deviationsOf(tags).filter((entry) => typeof entry === 'string');
    expect(undecided).toEqual([]);
    const unused = DEVIATIONS.filter(({ tag }) => !tags.includes(`dev:${tag}`));
    expect(unused.map(({ tag }) => tag)).toEqual([]);
  });

  it('are noticed when they differ', () => {
    const recorded = cases.find(({ id, tags }) => id === 's1_walk-0000' || tags.length === 0);
    const copy = JSON.parse(JSON.stringify(recorded).replaceAll('"pa":"0x4', '"pa":"0x5')) as never;
    expect(qemuHardware.replay(copy).outcome).toBe('diverged');
  });
});
