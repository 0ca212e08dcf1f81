// The session host: runs scripts in threads, survives whatever they do, and says what happened.

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionHostOptions, SessionStateChange } from '../../sim/host/session-host.ts';
import { SessionHost } from '../../sim/host/session-host.ts';
import type { OutputRecord } from '../../sim/protocol/api.ts';
import { builtWorker } from '../support/built.ts';

let worker = '';
const hosts: SessionHost[] = [];

beforeAll(async () => {
  worker = await builtWorker();
}, 60_000);

afterEach(() => {
  for (const host of hosts.splice(0)) {
    host.dispose();
  }
});

function makeHost(options: Partial<SessionHostOptions> = {}) {
  const host = new SessionHost({ worker, ...options });
  hosts.push(host);
  const records: OutputRecord[] = [];
  const states: SessionStateChange[] = [];
  host.onDidOutput((some) => records.push(...some));
  host.onDidChangeState((state) => states.push(state));
  return { host, records, states };
}

function script(text: string) {
  return { file: 'test.ts', text };
}

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Starts a script and waits until it says its first word: on a busy machine a thread starts slowly. */
async function started(host: SessionHost, text: string) {
  const first = new Promise<void>((resolve) => {
    host.onDidOutput(() => resolve());
  });
  const run = host.run(script(`pr_info('go'); ${text}`));
  await first;
  return { run };
}

const FAULT = `const dev = platform_device('a', {}); dev.dma_read(0x1000, 4);`;

describe('the session host', () => {
  it('runs scripts one after another and passes on what they say', async () => {
    const { host, records } = makeHost({ spare: true });
    expect((await host.run(script(`pr_info('one');`))).exit).toBe(0);
    expect((await host.run(script(FAULT))).exit).toBe(3);
    const kinds = records.map((record) => (record.type === 'log' ? record.text : record.type));
    expect(kinds.filter((kind) => ['one', 'event', 'result'].includes(kind))).toEqual([
      'one',
      'result',
      'event',
      'result',
    ]);
  });

  it('refuses a second run while one is going on', async () => {
    const { host } = makeHost();
    const first = host.run(script('for (;;);'));
    await expect(host.run(script(''))).rejects.toThrow('a script is running');
    await host.stop();
    await first;
  });

  it.each([
    ['an endless loop', 'for (;;);'],
    ['an endless loop of calls', `for (;;) pr_info('x');`],
    ['an endless loop that catches everything', `for (;;) { try { msleep(1); } catch {} }`],
    ['an endless chain of promises', 'for (;;) await null;'],
    ['an endless regular expression', `/^(a+)+$/.test('a'.repeat(60) + 'b');`],
  ])('stops %s within a second', async (_, text) => {
    const { host, states } = makeHost({ spare: true });
    const { run } = await started(host, text);
    const before = performance.now();
    await host.stop();
    const result = await run;
    expect(performance.now() - before).toBeLessThan(1000);
    expect(result).toMatchObject({ ok: false, exit: 1 });
    expect(states.map(({ state }) => state)).toContain('stopping');
    expect((await host.run(script('assert(true);'))).exit).toBe(0);
  });

  it('ends a run at its limit of real seconds', async () => {
    const { host } = makeHost();
    const result = await host.run({ ...script('for (;;);'), timeLimit: 0.5 });
    expect(result).toMatchObject({ exit: 4, error: { name: 'TimeLimit' } });
  });

  it.each([
    ['objects', 'const a = []; for (;;) a.push({ x: [1] });'],
    ['one growing array', 'const a = []; for (let i = 0; ; i++) a.push(i);'],
    ['large arrays', 'const a = []; for (;;) a.push(new Array(2 ** 22).fill(1));'],
    ['strings', `const a = []; for (;;) a.push('xy'.repeat(2 ** 22).split(''));`],
    ['closures', 'let f: any = () => 0; for (;;) { const g = f; f = () => [g, 1, 2, 3]; }'],
  ])(
    'ends a session that fills the heap with %s, and nothing else',
    async (_, text) => {
      const { host, states } = makeHost({ spare: true, heapMb: 256 });
      const result = await host.run(script(text));
      expect(result).toMatchObject({ exit: 1, error: { name: 'OutOfMemory' } });
      expect(result.error?.message).toContain('256 MB');
      expect(states.some(({ state, message }) => state === 'dead' && message !== '')).toBe(true);
      expect((await host.run(script('assert(true);'))).exit).toBe(0);
    },
    60_000,
  );

  it('ends a session that hoards buffers with a message at its line', async () => {
    const { host } = makeHost();
    const result = await host.run(script('\nconst a = []; for (;;) a.push(new Uint8Array(1e7));'));
    expect(result).toMatchObject({ exit: 1, error: { name: 'RangeError', place: { line: 2 } } });
  }, 60_000);

  it('reports a rejection that nobody handles', async () => {
    const { host } = makeHost();
    const text = `(async () => { await null;\n throw new TypeError('late'); })();`;
    const result = await host.run(script(text));
    expect(result).toMatchObject({ exit: 1, error: { message: 'late', place: { line: 2 } } });
  });

  it('gives the trace of the last run, and says so when there is none', async () => {
    const { host } = makeHost({ spare: true });
    await expect(host.saveTrace()).rejects.toThrow('nothing has run yet');
    await host.run(script(FAULT));
    const [header = '', ...lines] = (await host.saveTrace()).trimEnd().split('\n');
    expect(JSON.parse(header)).toMatchObject({ substream: 1, script: FAULT, result: { exit: 3 } });
    expect(lines.length).toBeGreaterThan(100);
    const { run: endless } = await started(host, 'for (;;);');
    await host.stop();
    await endless;
    await expect(host.saveTrace()).rejects.toThrow('the trace is lost');
  });

  it('keeps the trace of a script that could be stopped at a call', async () => {
    const { host } = makeHost();
    const { run } = await started(host, 'for (;;) msleep(1);');
    await host.stop();
    await run;
    expect(await host.saveTrace()).toContain('msleep');
  });

  it('says what is wrong when its worker cannot start', async () => {
    const { host } = makeHost({ worker: '/does-not-exist.js' });
    const result = await host.run(script('assert(true);')).catch((error: Error) => error.message);
    expect(JSON.stringify(result)).toContain('does-not-exist');
  });

  it('brings the first fault of a warm run to its listener in 300 ms', async () => {
    const { host } = makeHost({ spare: true });
    await host.run(script('assert(true);'));
    await delay(1500);
    const before = performance.now();
    const seen = new Promise<number>((resolve) => {
      host.onDidOutput((records) => {
        if (records.some(({ type }) => type === 'event')) {
          resolve(performance.now() - before);
        }
      });
    });
    await host.run(script(FAULT));
    expect(await seen).toBeLessThan(300);
  });
});
