// Breakpoints: where they bind, what they ask before they stop, and what else stops a script.

import { afterEach, describe, expect, it } from 'vitest';
import type { BreakpointSet, DebugLaunch, DebugStop } from '../../sim/protocol/debug.ts';
import { AUX_DRIVER } from '../support/aux-driver.ts';
import { DebugRig, NO_BREAKPOINTS, onLines, where } from '../support/debug-rig.ts';

const rigs: DebugRig[] = [];

async function launch(text: string, breakpoints: BreakpointSet, more: Partial<DebugLaunch> = {}) {
  const rig = await DebugRig.launch({ text, breakpoints, ...more });
  rigs.push(rig);
  return rig;
}

afterEach(() => {
  for (const rig of rigs.splice(0)) {
    rig.dispose();
  }
});

/** Every stop of a run that goes on by F5. */
async function stopsOf(rig: DebugRig): Promise<DebugStop[]> {
  const stops: DebugStop[] = [];
  for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after('continue')) {
    stops.push(stop);
  }
  return stops;
}

function variable(stop: DebugStop | undefined, name: string): string | undefined {
  return stop?.scopes
    .flatMap(({ variables }) => variables)
    .find((candidate) => candidate.name === name)?.value;
}

const LOOP = `let sum = 0;
for (let i = 0; i < 10; i++) {
  sum += i;
  sum *= 1;
}
pr_info('%d', sum);`;

describe('line breakpoints', () => {
  it('stop once a pass', async () => {
    const stops = await stopsOf(await launch(LOOP, onLines(1, 3, 6)));
    expect(stops.map((stop) => stop.frames[0]?.line)).toEqual([1, ...Array(10).fill(3), 6]);
    expect(stops[1]).toMatchObject({ reason: 'breakpoint', breakpoints: [3] });
  });

  it('move visibly to a line that has code, and say so when there is none', async () => {
    const rig = await launch(`// nothing\n\npr_info('x');\n`, onLines(1, 9));
    expect(where(await rig.stop())).toBe('3:1 (script)');
    expect(rig.statuses).toMatchObject([
      { id: 1, verified: true, line: 3, message: 'line 1 has no code: moved to line 3' },
      { id: 9, verified: false },
    ]);
  });

  it('bind on the first line, whatever stands in front of it there', async () => {
    const stops = await stopsOf(await launch(`const a = 1; pr_info('%d', a);`, onLines(1)));
    expect(stops.map(where)).toEqual(['1:11 (script)']);
  });

  it('are added and taken away while the script stands still', async () => {
    const rig = await launch(LOOP, onLines(1));
    await rig.stop();
    const statuses = await rig.debug.setBreakpoints(onLines(6));
    expect(statuses).toMatchObject([{ id: 6, verified: true, line: 6 }]);
    expect(where(await rig.after('continue'))).toBe('6:1 (script)');
  });

  it('stop nowhere when all are switched off', async () => {
    expect(await stopsOf(await launch(LOOP, { ...onLines(1, 3), active: false }))).toEqual([]);
  });
});

describe.each([
  ['compiled into the text', LOOP, 3],
  ['kept by the engine', LOOP.replace('sum += i;', '[sum] = [sum + i];'), 3],
])('conditions %s', (_, text, line) => {
  it('stop where they hold, and leave line and columns as they are', async () => {
    const set = onLines({ line, condition: 'i === 7 || i === 8' });
    const stops = await stopsOf(await launch(text, set));
    expect(stops.map((stop) => variable(stop, 'i'))).toEqual(['7', '8']);
    expect(stops[0]).toMatchObject({ reason: 'breakpoint', breakpoints: [line] });
    expect(stops[0]?.frames[0]).toMatchObject({ line, column: 3 });
  });

  it.each([
    ['4', ['3']],
    ['>=9', ['8', '9']],
    ['%5', ['4', '9']],
  ])('hit count %s', async (hitCondition, expected) => {
    const stops = await stopsOf(await launch(text, onLines({ line, hitCondition })));
    expect(stops.map((stop) => variable(stop, 'i'))).toEqual(expected);
  });

  it('counts only hits whose condition holds', async () => {
    const set = onLines({ line, condition: 'i > 4', hitCondition: '2' });
    const stops = await stopsOf(await launch(text, set));
    expect(stops.map((stop) => variable(stop, 'i'))).toEqual(['6']);
  });

  it('logpoints print and do not stop', async () => {
    const set = onLines({ line, logMessage: 'i is {i}, twice {i * 2}', condition: 'i > 7' });
    const rig = await launch(text, set);
    expect(await stopsOf(rig)).toEqual([]);
    expect(rig.log).toEqual(expect.arrayContaining(['i is 8, twice 16', 'i is 9, twice 18']));
  });

  it('a condition that throws stops and says why, once', async () => {
    const rig = await launch(text, onLines({ line, condition: 'nothing.like.that' }));
    await rig.stop();
    await rig.after('continue');
    const said = rig.log.filter((entry) =>
      entry.startsWith('the condition of a breakpoint failed'),
    );
    expect(said).toEqual([expect.stringContaining('ReferenceError')]);
  });

  it('a step from there goes to the next statement', async () => {
    const rig = await launch(text, onLines({ line, condition: 'i === 2' }));
    await rig.stop();
    expect((await rig.after('next'))?.frames[0]?.line).toBe(4);
  });

  it('can be changed while the script stands still', async () => {
    const rig = await launch(text, onLines({ line, condition: 'i === 2' }, 1));
    await rig.stop();
    await rig.debug.setBreakpoints(onLines({ line, condition: 'i === 5' }));
    const stop = await rig.after('continue');
    expect(variable(stop, 'i')).toBe('5');
    await rig.debug.setBreakpoints(NO_BREAKPOINTS);
    expect(await rig.after('continue')).toBeUndefined();
  });
});

describe('what cannot be a condition', () => {
  it.each([
    [{ condition: 'i ===' }, /SyntaxError/],
    [{ hitCondition: 'often' }, /no hit count/],
    [{ logMessage: 'x {1 +}' }, /SyntaxError/],
  ])('%o is refused with a reason', async (given, message) => {
    const rig = await launch(LOOP, onLines({ line: 3, ...given }));
    expect(await rig.stop()).toBeUndefined();
    expect(rig.statuses).toMatchObject([
      { id: 3, verified: false, message: expect.stringMatching(message) },
    ]);
  });

  it('errors keep their columns behind a compiled condition', async () => {
    const rig = await launch(
      `let x = 1;\n  throw new Error('x' + x);`,
      onLines({ line: 2, condition: 'x > 1' }),
    );
    expect((await rig.result).error?.place).toMatchObject({ line: 2, column: 9 });
  });
});

describe('function breakpoints', () => {
  it('stop where the API is called', async () => {
    const functions = [{ id: 1, enabled: true, name: 'iommu_map' }];
    const stops = await stopsOf(await launch(AUX_DRIVER, { ...NO_BREAKPOINTS, functions }));
    expect(stops).toMatchObject([
      { reason: 'function breakpoint', breakpoints: [1], frames: [{ line: 6 }] },
    ]);
    expect(stops[0]?.text).toContain('iommu_map(');
  });
});

const FUNCTIONS = `function twice(n: number): number {
  const half = (): number => n / 2;
  return n + 2 * half();
}
const thrice = (n: number): number => 3 * n;
let late: (n: number) => number = twice;
class Engine {
  #rounds = 0;
  constructor() {
    this.#rounds = 1;
  }
  go(n: number): number {
    this.#rounds += n;
    return this.#rounds;
  }
  halt = (): void => {
    this.#rounds = 0;
  };
}
const ops = {
  go: (n: number): number => n + 1,
  async fault(): Promise<void> {
    await null;
  },
};
late = function (n) {
  return thrice(n);
};
const engine = new Engine();
pr_info('%d %d', twice(1), late(2));
pr_info('%d %d', engine.go(1), ops.go(1));
await ops.fault();
engine.halt();
[1].forEach(function named(n) {
  thrice(n);
});`;

/** Every stop at the functions that are asked for. */
async function functionStops(...names: string[]): Promise<{ rig: DebugRig; stops: DebugStop[] }> {
  const functions = names.map((name, index) => ({ id: index + 1, enabled: true, name }));
  const rig = await launch(FUNCTIONS, { ...NO_BREAKPOINTS, functions });
  return { rig, stops: await stopsOf(rig) };
}

describe('function breakpoints on what the script defines stop at its first statement', () => {
  it.each([
    ['twice', [[2, 'twice']]],
    ['half', [[2, 'half']]],
    [
      'thrice',
      [
        [5, 'thrice'],
        [5, 'thrice'],
      ],
    ],
    ['late', [[27, 'late']]],
    ['Engine', [[10, 'Engine']]],
    ['Engine.constructor', [[10, 'Engine']]],
    ['Engine.go', [[13, 'go']]],
    ['Engine.halt', [[17, 'halt']]],
    ['ops.go', [[21, 'go']]],
    ['ops.fault', [[23, 'fault']]],
    [
      'go',
      [
        [13, 'go'],
        [21, 'go'],
      ],
    ],
    ['named', [[35, 'named']]],
  ])('%s', async (name, expected) => {
    const { rig, stops } = await functionStops(name);
    expect(stops.map(({ frames: [top] }) => [top?.line, top?.name])).toEqual(expected);
    for (const stop of stops) {
      expect(stop).toMatchObject({
        reason: 'function breakpoint',
        text: `${name}()`,
        breakpoints: [1],
      });
    }
    expect(rig.statuses).toMatchObject([{ id: 1, verified: true, line: expected[0]?.[0] }]);
  });

  it('and say how many functions have the name', async () => {
    const { rig } = await functionStops('go');
    expect(rig.statuses[0]?.message).toBe('stops in 2 functions of this name');
  });

  it('and are not verified when nothing has the name', async () => {
    const { rig, stops } = await functionStops('toString', 'ops', 'engine.go', 'iommu_map');
    expect(stops).toEqual([]);
    const statuses = rig.statuses.toSorted((a, b) => a.id - b.id);
    expect(statuses).toEqual([
      ...['toString', 'ops', 'engine.go'].map((name, index) => ({
        id: index + 1,
        verified: false,
        message: `neither the API nor the script has a function named ${name}`,
      })),
      { id: 4, verified: true },
    ]);
  });

  it('and come and go while the script stands still', async () => {
    const { functions } = { functions: [{ id: 9, enabled: true, name: 'thrice' }] };
    const rig = await launch(FUNCTIONS, onLines(29));
    await rig.stop();
    expect(await rig.debug.setBreakpoints({ ...NO_BREAKPOINTS, functions })).toMatchObject([
      { id: 9, verified: true, line: 5 },
    ]);
    expect((await rig.after('continue'))?.frames[0]?.line).toBe(5);
    const off = functions.map((one) => ({ ...one, enabled: false }));
    await rig.debug.setBreakpoints({ ...NO_BREAKPOINTS, functions: off });
    expect(await rig.after('continue')).toBeUndefined();
  });

  it('and share the place with a breakpoint on the line', async () => {
    const functions = [{ id: 1, enabled: true, name: 'twice' }];
    const stops = await stopsOf(await launch(FUNCTIONS, { ...onLines(2), functions }));
    expect(stops[0]).toMatchObject({ reason: 'breakpoint', breakpoints: [2, 1] });
  });
});

describe('exceptions', () => {
  const THROWS = `function g(): void { throw new TypeError('one'); }
try { g(); } catch { pr_info('caught'); }
try { assert(false, 'api'); } catch { pr_info('caught api'); }
await null;
async function h(): Promise<void> { await null; throw new Error('later'); }
try { await h(); } catch { pr_info('caught later'); }
assert(1 > 2, 'at last');`;

  it.each([
    [{ caught: false, uncaught: true }, ['7 Error: assertion failed: at last']],
    [
      { caught: true, uncaught: false },
      ['1 TypeError: one', '3 Error: assertion failed: api', '5 Error: later'],
    ],
  ])('%o', async (exceptions, expected) => {
    const stops = await stopsOf(await launch(THROWS, { ...NO_BREAKPOINTS, exceptions }));
    const seen = stops.map(
      ({ frames, exception }) => `${frames[0]?.line} ${exception?.name}: ${exception?.message}`,
    );
    expect(seen).toEqual(expected);
    expect(stops.every(({ exception }) => exception?.caught === exceptions.caught)).toBe(true);
  });
});

describe('variables', () => {
  it('are those of the frame, also before all declarations have run', async () => {
    const rig = await launch(
      `let sum = 0;
function add(n: number): number {
  return sum + n;
}
for (let i = 0; i < 2; i++) {
  sum = add(i);
}
const page = alloc_pages(0);
const later = page_to_phys(page);
pr_info('%d', sum);`,
      onLines(6, 10),
    );
    const inLoop = await rig.stop();
    expect(variable(inLoop, 'i')).toBe('0');
    expect(variable(inLoop, 'sum')).toBe('0');
    await rig.after('continue');
    const atEnd = await rig.after('continue');
    expect(variable(atEnd, 'sum')).toBe('1');
    expect(variable(atEnd, 'page')).toMatch(/^page at 0x[0-9a-f]+$/);
    expect(variable(atEnd, 'later')).toMatch(/^0x[0-9a-f]+n$/);
  });

  it('show devices and domains as the kernel knows them, with their mappings', async () => {
    const rig = await launch(AUX_DRIVER, onLines(8));
    const stop = await rig.stop();
    expect(variable(stop, 'dev')).toBe('device acc (SID 0x8)');
    expect(variable(stop, 'domain')).toMatch(/^iommu_domain \d+ \(UNMANAGED, ASID \d+, PASID 1\)$/);
    const [scope] = stop?.scopes ?? [];
    const domain = scope?.variables.find(({ name }) => name === 'domain');
    const parts = (await rig.debug.paused?.variables(domain?.reference ?? 0)) ?? [];
    const mappings = parts.find(({ name }) => name === 'mappings');
    expect(await rig.debug.paused?.variables(mappings?.reference ?? 0)).toMatchObject([
      { name: '0x70000000..0x70000fff', value: expect.stringMatching(/^-> 0x[0-9a-f]+ r--$|r-x$/) },
    ]);
  });

  it('can be set, and expressions see the new value', async () => {
    const rig = await launch(LOOP, onLines(6));
    const stop = await rig.stop();
    const [scope] = stop?.scopes ?? [];
    const paused = rig.debug.paused;
    const reference = scope?.reference ?? 0;
    const set = await paused?.setVariable({ reference, name: 'sum', expression: '40 + 2' });
    expect(set).toMatchObject({ ok: true, value: '42' });
    expect(await paused?.evaluate({ expression: 'sum', context: 'repl' })).toMatchObject({
      value: '42',
    });
    await rig.debug.continue();
    await rig.result;
    expect(rig.log.at(-1)).toBe('42');
  });

  it('of a hover change nothing, and what throws says so', async () => {
    const rig = await launch(LOOP, onLines(6));
    await rig.stop();
    const paused = rig.debug.paused;
    expect(await paused?.evaluate({ expression: 'sum = 9', context: 'hover' })).toMatchObject({
      ok: false,
    });
    expect(await paused?.evaluate({ expression: 'nothing', context: 'repl' })).toMatchObject({
      ok: false,
      value: expect.stringContaining('nothing'),
    });
  });

  it('leave the hardware to look at while the script stands still', async () => {
    const rig = await launch(AUX_DRIVER, onLines(8));
    await rig.stop();
    const answer = await rig.debug.inspect({ kind: 'registers' });
    expect(
      JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    ).toContain('STRTAB_BASE');
  });
});
