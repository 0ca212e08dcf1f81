// How a run ends: exit status, words and place, for every kind of ending.

import { describe, expect, it } from 'vitest';
import { STOP_BY_TIME_LIMIT, STOP_BY_USER } from '../../sim/session/run-control.ts';
import { ending, runScript } from '../support/run-script.ts';

const DEVICE = `const dev = platform_device('accel0', { ssid_bits: 4 });\n`;

describe('a run', () => {
  it.each([
    ['done', `pr_info('hello');`, 0],
    ['an assertion that holds', `assert(1 + 1 === 2);`, 0],
    ['a failed assertion', `assert(false);`, 1],
    ['a thrown error', `throw new Error('no');`, 1],
    ['a rejected await', `await Promise.reject(new Error('no'));`, 1],
    ['a syntax error', `const = 1;`, 1],
    ['an event that nobody expected', `${DEVICE}dev.dma_read(0x1000, 4);`, 3],
    [
      'an expected event',
      `${DEVICE}expect_event('F_TRANSLATION', () => { dev.dma_read(0x1000, 4); });`,
      0,
    ],
    [
      'an expected and an unexpected event',
      `${DEVICE}expect_event('C_BAD_CD', () => {
         dev.dma_read(0x1000, 4); dev.dma_read(0x1000, 4, { pasid: 3 });
       });`,
      3,
    ],
    ['an expectation without an event', `expect_event('F_TRANSLATION', () => {});`, 1],
    ['a script that throws after an event', `${DEVICE}dev.dma_read(0, 4); throw new Error();`, 1],
    ['a return at the top', `return;`, 0],
    ['an export {} for the editor', `export {};\nassert(true);`, 0],
  ])('%s: exit status', async (_, text, exit) => {
    const { result, records } = await runScript(text);
    expect(result.exit).toBe(exit);
    expect(result.ok).toBe(exit === 0);
    expect(records.at(-1)).toBe(result);
  });

  it.each([
    ['assert(1 > 2, "sizes");', 'Error: assertion failed: sizes at 1:1'],
    ['\n  throw new RangeError("far");', 'RangeError: far at 2:9'],
    ['let x: any = null;\nx.y;', "TypeError: Cannot read properties of null (reading 'y') at 2:3"],
    ['function f(): void {\n  throw new TypeError("deep");\n}\nf();', 'TypeError: deep at 2:9'],
    ['const a = 1;\nconst a = 2;', "SyntaxError: Identifier 'a' has already been declared at 2:7"],
    ['pr_info("x");\nenum Mode { A }', /^SyntaxError: enum is not available here.* at 2:1$/],
    [
      'class A { constructor(private x: number) {} }',
      /^SyntaxError: parameter properties are not available here.* at 1:31$/,
    ],
    ['import fs from "fs";', /^SyntaxError: import and export are not available.* at 1:1$/],
    ['\nexport const a = 1;', /^SyntaxError: import and export are not available.* at 2:1$/],
    ['if (1) {\n', /^SyntaxError: .* at 2:1$/],
    ['throw "text";', 'Error: the script threw text'],
    ['throw null;', 'Error: the script threw null'],
    ['undefined_name();', 'ReferenceError: undefined_name is not defined at 1:1'],
    ['await new Promise(() => {});', /^Error: the script awaits a promise that nothing can settle/],
    ['const é = "日本語"; throw new Error(é);', 'Error: 日本語 at 1:24'],
  ])('%j ends with words and place', async (text, expected) => {
    const said = ending(await runScript(text));
    if (typeof expected === 'string') {
      expect(said).toBe(expected);
    } else {
      expect(said).toMatch(expected);
    }
  });

  it('ends at its limit of virtual seconds, also in a loop that catches', async () => {
    const text = 'for (;;) { try { msleep(100); } catch {} }';
    const limited = runScript('for (;;) msleep(100);', { timeLimit: 2 });
    expect((await limited).result).toMatchObject({ exit: 4, error: { name: 'Stopped' } });
    const control = new Int32Array(3);
    const stubborn = runScript(`${text.replace('for (;;)', 'for (let i = 0; i < 50; i++)')}`, {
      timeLimit: 2,
      control,
    });
    expect((await stubborn).result.exit).toBe(4);
  });

  it.each([
    [STOP_BY_USER, 1, 'stopped'],
    [STOP_BY_TIME_LIMIT, 4, 'time limit reached'],
  ])('ends at its next call when it is told to stop (%d)', async (reason, exit, words) => {
    const control = Int32Array.of(reason, 0, 0);
    const { result } = await runScript('for (;;) pr_info("x");', { control });
    expect(result).toMatchObject({ exit, error: { name: 'Stopped', message: words } });
  });

  it('counts events and accesses', async () => {
    const { result } = await runScript(
      `${DEVICE}dev.dma_read(0x1ffe, 4); dev.dma_write(0x5000, new Uint8Array(3));`,
    );
    // The read crosses a page and fails in its first part.
    expect(result).toMatchObject({ events: 2, dmas: 2 });
  });

  it('lets nothing of the script call in after its end', async () => {
    const run = await runScript(`(async () => { await null; await null; pr_info('late'); })();`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(run.result.exit).toBe(0);
    const { log } = await runScript(
      `const wait = async (n: number) => { for (let i = 0; i < n; i++) await null; };
       (async () => { await wait(5); pr_info('in time'); })();`,
    );
    expect(log).toContain('in time');
  });
});
