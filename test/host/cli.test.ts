// The command line as a shell sees it: output, exit status, one clear line for each kind of bad input.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCli, runCli } from '../support/built.ts';

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'substream-cli-'));
  await builtCli();
  file('ok.ts', `pr_info('hello %s', 'world');`);
  file('fault.ts', `const dev = platform_device('a', { sids: [0x42] });\ndev.dma_read(0x1000, 4);`);
  file('bad.ts', 'const a: number = 1;\nconst = 2;');
  file('throws.ts', '\n\n  throw new TypeError("third line");');
  file('loop.ts', 'for (;;);');
  writeFileSync(join(folder, 'binary.ts'), Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1, 2));
  writeFileSync(join(folder, 'latin.ts'), Uint8Array.of(0x2f, 0x2f, 0xe9));
  mkdirSync(join(folder, 'dir.ts'));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function run(...args: string[]) {
  return await runCli(args, folder);
}

describe('substream run', () => {
  it('prints the kernel log and a last line', async () => {
    expect(await run('run', 'ok.ts')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/\n\[ {4}0\.\d{6}\] hello world\ndone: 0 .*\n$/s),
      err: '',
    });
  });

  it('prints a fault as the kernel does, with one decoded line', async () => {
    const { exit, out } = await run('run', 'fault.ts');
    expect(exit).toBe(3);
    const stamp = String.raw`\[ {4}0\.\d{6}\] arm-smmu-v3 arm-smmu-v3\.0\.auto: `;
    const dump = `${stamp}event 0x10 received:\n(${stamp}\t0x[0-9a-f]{16}\n){4}`;
    const decoded = ' {15}F_TRANSLATION a SID 0x42 read 0x1000: no mapping {2}\\[event 1\\]\n';
    expect(out).toMatch(new RegExp(dump + decoded));
  });

  it('prints one JSON object a line with --json, the result last', async () => {
    const { exit, out, err } = await run('run', 'fault.ts', '--json');
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([exit, err]).toEqual([3, '']);
    expect(records.at(-1)).toEqual({ type: 'result', ok: false, exit: 3, events: 1, dmas: 1 });
    expect(records.find(({ type }) => type === 'event')).toMatchObject({
      number: 1,
      event: { type: 16, name: 'F_TRANSLATION', sid: 0x42, iova: '0x1000', rnw: true },
      place: { file: 'fault.ts', line: 2, column: 5 },
    });
    expect(new Set(records.map(({ type }) => type))).toEqual(new Set(['log', 'event', 'result']));
  });

  it.each([
    [['run', 'bad.ts'], 1, /^bad\.ts:2:7: SyntaxError: /],
    [['run', 'throws.ts'], 1, /^throws\.ts:3:9: TypeError: third line$/],
    [['run', 'missing.ts'], 2, /^substream: missing\.ts: no such file$/],
    [['run', 'dir.ts'], 2, /^substream: dir\.ts: is a directory$/],
    [['run', 'binary.ts'], 2, /^substream: binary\.ts: not a text file/],
    [['run', 'latin.ts'], 2, /^substream: latin\.ts: not a text file/],
    [['run'], 2, /^substream: run needs a FILE\.ts$/],
    [['run', 'ok.ts', 'fault.ts'], 2, /^substream: run takes one file, got 'fault\.ts' too$/],
    [['run', 'ok.ts', '--fast'], 2, /^substream: run: Unknown option '--fast'/],
    [['run', 'ok.ts', '--seed', 'x'], 2, /^substream: --seed must be a whole number, got 'x'$/],
    [['run', 'ok.ts', '--profile', 'modern'], 2, /^substream: --profile must be seed18 or attr19/],
    [['run', 'ok.ts', '--time-limit', '0'], 2, /^substream: --time-limit must be a number/],
    [['run', 'ok.ts', '--trace', 'no/such/x'], 2, /^substream: no\/such\/x: cannot be written/],
    [['run', 'ok.ts', '--trace', 'dir.ts'], 2, /^substream: dir\.ts: is a directory$/],
    [['run', 'ok.ts', '--record', 'lies'], 2, /^substream: --record: no group of records 'lies'/],
    [['run', 'loop.ts', '--time-limit', '0.5'], 4, /^TimeLimit: time limit reached/],
    [['walk', 'ok.ts'], 2, /^substream: no command 'walk'/],
  ] as const)('%j: one line and its status', async (args, exit, line) => {
    const done = await run(...args);
    expect(done.exit).toBe(exit);
    const lines = done.err.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  });

  it.each([[['--help']], [['run', '--help']]])('helps with %j', async (args) => {
    const { exit, out } = await run(...args);
    expect(exit).toBe(0);
    expect(out).toContain('usage: substream');
  });

  it('makes an allocation fail with --fail-nth, and counts them', async () => {
    const { exit, out } = await run('run', 'fault.ts', '--fail-nth', '2', '--json');
    expect(exit).toBe(3);
    expect(out).toContain('FAULT_INJECTION: forcing a failure of allocation 2: ');
    const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ type: 'result', allocations: expect.any(Number) });
    const { exit: wrong, err } = await run('run', 'ok.ts', '--fail-nth', '0');
    expect([wrong, err]).toEqual([2, expect.stringContaining('--fail-nth must be')]);
  });

  it('takes profile and seed from the command line', async () => {
    file(
      'chance.ts',
      `iommu_dev_has_feature(platform_device('a', {}), 0); pr_info('%s', Math.random());`,
    );
    const [one, two, again] = [
      await run('run', 'chance.ts', '--profile', 'attr19', '--seed', '1'),
      await run('run', 'chance.ts', '--profile', 'attr19', '--seed', '2'),
      await run('run', 'chance.ts', '--profile', 'attr19', '--seed', '1'),
    ];
    expect([one.exit, two.exit]).toEqual([0, 0]);
    expect(one.out).toBe(again.out);
    expect(one.out).not.toBe(two.out);
    expect((await run('run', 'chance.ts')).err).toContain('not in profile seed18');
  });

  it('saves byte-identical sessions for the same script and seed', async () => {
    const saved = async (name: string): Promise<string> => {
      await run('run', 'fault.ts', '--trace', name);
      return readFileSync(join(folder, name), 'utf8');
    };
    const [one, two] = [await saved('one.substream'), await saved('two.substream')];
    expect(one).toBe(two);
    expect(one.length).toBeGreaterThan(10_000);
    expect(one).not.toContain(folder);
  });

  it('leaves out of a session what --record says, and explains nothing from what is missing', async () => {
    await run('run', 'fault.ts', '--trace', 'part.substream', '--record', 'all,-fetches,-caches');
    const text = readFileSync(join(folder, 'part.substream'), 'utf8');
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toMatchObject({
      substream: 1,
      omitted: ['fetch', 'cache', 'tlb_entry', 'walk_entry', 'atc_entry'],
    });
    expect(text).not.toMatch(/"kind":"(fetch|cache)"/);
    const { exit, out } = await run('explain', 'part.substream');
    expect([exit, out]).toEqual([0, expect.stringContaining('Unknown: fetches were not recorded')]);
    const { err } = await run('export', 'part.substream', '--format', 'csv', '-o', 'part.csv');
    expect(err).toBe('substream: part.substream: fetches and caches were not recorded\n');
  });

  it('runs the examples to their end', async () => {
    for (const example of ['aux-domains.ts', 'aux-domains-attr19.ts']) {
      const { exit, out } = await runCli(['run', `examples/${example}`]);
      expect(exit).toBe(3);
      expect(out).toMatch(
        /F_TRANSLATION accel0 SID 0x10 SSID 1 read 0x70000000: no mapping, unmapped at aux-domains/,
      );
    }
  });
});
