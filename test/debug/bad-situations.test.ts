// What goes wrong while a script is debugged: each time the message is clear, and the same host runs and
// debugs the next script as if nothing had been.

import { afterEach, describe, expect, it } from 'vitest';
import { ScriptDebugger } from '../../sim/host/debug/script-debugger.ts';
import type { DebugLaunch } from '../../sim/protocol/debug.ts';
import { DebugRig, NO_BREAKPOINTS, onLines } from '../support/debug-rig.ts';

let rig: DebugRig | undefined;

afterEach(() => rig?.dispose());

async function launch(text: string, more: Partial<DebugLaunch> = {}): Promise<DebugRig> {
  rig = await DebugRig.launch({ text, ...more });
  return rig;
}

/** Debugs another script on the host of a run that is over. */
async function worksAgain({ host }: DebugRig): Promise<void> {
  const request = { file: 'next.ts', text: `const a = 1;\npr_info('a is %d', a);` };
  const next = new ScriptDebugger({ request, breakpoints: onLines(2) });
  const stopped = new Promise<number | undefined>((resolve) => {
    next.onDidStop(({ frames }) => resolve(frames[0]?.line));
  });
  const result = host.run(request, next);
  expect(await stopped).toBe(2);
  await next.continue();
  expect((await result).exit).toBe(0);
}

const BOMB = '(() => { const k = []; for (;;) k.push(new Array(100000).fill(k.length)); })()';

describe('the next script is debugged as ever after', () => {
  it('an endless loop that was paused and stopped', async () => {
    const loop = await launch(`let n = 0;\nfor (;;) {\n  n++;\n}`);
    await loop.debug.pause();
    expect((await loop.stop())?.reason).toBe('pause');
    await loop.host.stop();
    expect((await loop.result).error?.name).toBe('Stopped');
    await worksAgain(loop);
  });

  it('a heap bomb', async () => {
    const bomb = await launch(
      `const keep = [];\nfor (;;) {\n  keep.push(new Array(1000).fill(0));\n}`,
    );
    const stop = await Promise.race([bomb.result, bomb.stop()]);
    if (stop !== undefined && 'reason' in stop) {
      await bomb.host.stop();
    }
    expect((await bomb.result).error).toMatchObject({
      name: 'OutOfMemory',
      place: { file: 'test.ts', line: expect.any(Number) },
    });
    await worksAgain(bomb);
  });

  it('a thread that dies while its script is paused', async () => {
    const paused = await launch(`const a = 1;\npr_info('%d', a);`, { breakpoints: onLines(2) });
    await paused.stop();
    const evaluated = paused.debug.paused
      ?.evaluate({ expression: BOMB, context: 'repl' })
      .then(({ ok }) => ok)
      .catch(() => false);
    expect(await evaluated).toBe(false);
    const ended = await Promise.race([paused.result, paused.host.stop().then(() => paused.result)]);
    expect(ended.ok).toBe(false);
    expect(ended.error?.message).toMatch(/\w/);
    expect(paused.debug.paused).toBeUndefined();
    await worksAgain(paused);
  });

  it('an exception in a condition', async () => {
    const set = onLines({ line: 2, condition: 'a.b.c.d > 1' });
    const wrong = await launch(`const a = { b: 1 };\npr_info('%d', a.b);`, { breakpoints: set });
    expect(await wrong.stop()).toMatchObject({ reason: 'breakpoint', frames: [{ line: 2 }] });
    expect(wrong.log).toContainEqual(
      expect.stringMatching(/^the condition of a breakpoint failed: TypeError/),
    );
    await wrong.debug.continue();
    expect((await wrong.result).exit).toBe(0);
    await worksAgain(wrong);
  });

  it('breakpoints of a text that was longer once', async () => {
    const short = await launch(`pr_info('x');`, { breakpoints: onLines(40) });
    expect(await short.stop()).toBeUndefined();
    expect(short.statuses).toEqual([
      { id: 40, verified: false, message: 'there is no code at this line or after it' },
    ]);
    await worksAgain(short);
  });

  it('a script that throws while it is stepped', async () => {
    const throws = await launch(`const a = 1;\nthrow new Error('x' + a);`, { stopOnEntry: true });
    await throws.stop();
    await throws.after('next');
    expect(await throws.after('next')).toBeUndefined();
    expect((await throws.result).error).toMatchObject({ name: 'Error', place: { line: 2 } });
    await worksAgain(throws);
  });
});

describe('an evaluation that never ends', () => {
  it('is given up with a reason, and the script still stands where it stood', async () => {
    const paused = await launch(`const a = 1;\npr_info('%d', a);`, { breakpoints: onLines(2) });
    await paused.stop();
    const answer = await paused.debug.paused?.evaluate({
      expression: '(() => { for (;;); })()',
      context: 'repl',
    });
    expect(answer).toMatchObject({
      ok: false,
      value: expect.stringMatching(/took longer than 2 s/),
    });
    expect(await paused.debug.paused?.evaluate({ expression: 'a', context: 'repl' })).toMatchObject(
      { ok: true, value: '1' },
    );
    await paused.debug.continue();
    expect((await paused.result).exit).toBe(0);
  });
});

describe('what needs a stop', () => {
  it('is refused with a reason while the script runs', async () => {
    const running = await launch(`let n = 0;\nfor (;;) {\n  n++;\n}`, {
      breakpoints: NO_BREAKPOINTS,
    });
    await expect(running.debug.next()).rejects.toThrow('the script is running: pause it first');
    await expect(running.debug.inspect({ kind: 'registers' })).rejects.toThrow(
      'the script is running',
    );
    await running.host.stop();
    await running.result;
  });
});
