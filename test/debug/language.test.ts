// Every form of the language under the debugger: what a line breakpoint stops at, once a pass, and the
// lines that steps visit. Scripts that no example is like.

import { afterEach, describe, expect, it } from 'vitest';
import { DebugRig, onLines } from '../support/debug-rig.ts';

interface Case {
  readonly text: string;
  /** Lines of the stops with a breakpoint on each line. */
  readonly stops: readonly number[];
  readonly over: readonly number[];
  /** Left out where engines differ or lose a step: constructors that nobody wrote, `yield`, `finally`. */
  readonly into?: readonly number[];
}

const CASES: Readonly<Record<string, Case>> = {
  'a generator, and one that delegates': {
    text: `function* count(to: number): Generator<number, string, number> {
  for (let i = 0; i < to; i++) {
    yield i;
  }
  return 'end';
}
function* both() {
  yield* count(1);
  yield 7;
}
for (const x of both()) {
  pr_info('x %d', x);
}`,
    stops: [11, 8, 2, 3, 12, 11, 5, 9, 12, 11, 10],
    over: [11, 12, 11, 12, 11],
  },
  'an asynchronous generator': {
    text: `async function* ticks(n: number) {
  for (let i = 0; i < n; i++) {
    await null;
    yield i;
  }
}
let total = 0;
for await (const t of ticks(2)) {
  total += t;
}
pr_info('%d', total);`,
    stops: [7, 8, 2, 3, 4, 9, 8, 3, 4, 9, 8, 11],
    over: [7, 8, 9, 8, 9, 8, 11],
  },
  'asynchronous callbacks': {
    text: `const list = await Promise.all([1, 2].map(async (v) => {
  await null;
  return v * 2;
}));
pr_info('%d', list[1]);`,
    stops: [1, 2, 2, 3, 3, 5],
    over: [1, 5],
    into: [1, 2, 3, 3, 5],
  },
  'awaits two functions deep, and one that throws': {
    text: `async function one(x: number): Promise<number> {
  await two(x);
  return x + 1;
}
async function two(x: number): Promise<void> {
  await Promise.resolve();
  if (x > 1) {
    throw new Error('deep');
  }
}
const a = await one(1);
try {
  await one(a);
} catch (e) {
  pr_info('%s', (e as Error).message);
}
const v = (await three()) + (await three());
async function three() { return 4; }
pr_info('%d', v);`,
    stops: [11, 2, 6, 7, 10, 3, 13, 2, 6, 7, 8, 15, 17, 18, 18, 19],
    over: [11, 13, 15, 17, 19],
    into: [11, 2, 6, 7, 10, 3, 13, 2, 6, 7, 8, 15, 17, 18, 17, 18, 19],
  },
  'static blocks, accessors and super': {
    text: `class Base {
  static count = 0;
  static {
    Base.count = 5;
  }
  get secret(): number {
    return 3;
  }
  constructor() {
    Base.count++;
  }
  method(): number { return this.secret * 2; }
}
class Derived extends Base {
  override method(): number {
    return super.method() + 1;
  }
}
const d = new Derived();
pr_info('%d', d.method());`,
    stops: [2, 4, 5, 19, 14, 10, 11, 20, 16, 12, 7],
    over: [19, 20],
  },
  'closures, and a return over several lines': {
    text: `function outer(a: number) {
  const inner = (b: number) => {
    return function deep(c: number) {
      return a + b + c;
    };
  };
  return inner;
}
const f = outer(1)(2);
pr_info('%d', f(3));`,
    stops: [9, 2, 7, 3, 5, 10, 4],
    over: [9, 10],
    into: [9, 2, 7, 9, 3, 10, 4, 10],
  },
  'try, finally and returns': {
    text: `function f(x: number): number {
  try {
    if (x === 0) {
      return 1;
    }
    throw new Error('one');
  } catch (error) {
    return 2;
  } finally {
    pr_info('finally %d', x);
  }
}
pr_info('%d', f(0));
pr_info('%d', f(1));`,
    stops: [13, 3, 4, 10, 14, 3, 6, 8, 10],
    over: [13, 14],
  },
  'defaults in destructuring, as one statement': {
    text: `let w = 0;
function four(): number {
  return 4;
}
const {
  p,
  q = four(),
  r = four(),
} = { p: 1 } as { p: number; q?: number; r?: number };
let [u, v] = [p, q];
[u, v] = [v, u];
pr_info('%d %d %d', u, v, r);`,
    stops: [1, 9, 7, 3, 8, 3, 10, 11, 12],
    over: [1, 9, 10, 11, 12],
    into: [1, 9, 3, 8, 3, 10, 11, 12],
  },
  'statements over several lines': {
    text: `const text = \`first
second \${[1]
  .map((n) => n + 1)
  .join(',')}
\`;
pr_info(
  '%s',
  text,
);
if (
  text !== '' &&
  text.length > 1
) {
  pr_info('yes');
} else {
  pr_info('no');
}`,
    stops: [1, 3, 4, 6, 10, 14],
    over: [1, 6, 10, 14],
    into: [1, 3, 4, 6, 10, 14],
  },
  'switch, fall through and labels': {
    text: `outer: for (let i = 0; i < 2; i++) {
  for (;;) {
    switch (i) {
      case 0:
        pr_info('0');
      // falls through
      case 1:
        continue outer;
      default:
        break outer;
    }
  }
}
pr_info('end');`,
    stops: [1, 3, 5, 8, 3, 8, 14],
    over: [1, 3, 5, 8, 1, 3, 8, 1, 14],
    into: [1, 3, 5, 8, 1, 3, 8, 1, 14],
  },
  'lines with several statements, each a step': {
    text: `const a = 1; const b = 2; pr_info('%d', a + b);
for (const x of [1, 2]) { pr_info('%d', x); }
let w = 2; while (w--) pr_info('w');`,
    stops: [1, 2, 2, 2, 3],
    over: [1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3],
    into: [1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3],
  },
  'callbacks of the engine: getters, proxies, tags, iterators': {
    text: `const thing = {
  get next() {
    return 1;
  },
  *[Symbol.iterator]() {
    yield 2;
  },
};
const all = [thing.next, ...thing];
const proxy = new Proxy({} as Record<string, number>, {
  get() {
    return 7;
  },
});
pr_info('%d %d', all.length, proxy['x']);`,
    stops: [1, 9, 3, 6, 7, 10, 15, 12],
    over: [1, 9, 10, 15],
    into: [1, 9, 3, 10, 15, 12, 15],
  },
  'CRLF, tabs, and a template over two lines': {
    text: 'const a = 1;\r\nfor (let i = 0; i < 2; i++) {\r\n\tpr_info("%d", a);\r\n}\r\nconst t = `a\r\nb`;\r\npr_info("%d", t.length);\r\n',
    stops: [1, 2, 3, 3, 5, 7],
    over: [1, 2, 3, 2, 3, 2, 5, 7],
    into: [1, 2, 3, 2, 3, 2, 5, 7],
  },
  'a byte order mark and names beyond ASCII': {
    text: '\ufeffconst größe = 3;\nfunction Überprüfe(ñ: number): number {\n  const 数 = ñ + größe;\n  return 数;\n}\nconst 𝒳 = Überprüfe(1); pr_info("%d 😀", 𝒳);',
    stops: [1, 6, 3, 4],
    over: [1, 6, 6],
    into: [1, 6, 3, 4, 6],
  },
  'comments, empty lines, and code behind the end of a comment': {
    text: `// first

/* const notCode = 1;
*/ const a = 1; // trailing {

pr_info('%d', a);
/** last */`,
    stops: [4, 6],
    over: [4, 6],
    into: [4, 6],
  },
};

const rigs: DebugRig[] = [];

afterEach(() => {
  for (const rig of rigs.splice(0)) {
    rig.dispose();
  }
});

async function launch(options: Parameters<typeof DebugRig.launch>[0]): Promise<DebugRig> {
  const rig = await DebugRig.launch(options);
  rigs.push(rig);
  return rig;
}

/** Lines of all stops to the end of the run. */
async function linesOf(rig: DebugRig, how: 'continue' | 'next' | 'stepIn'): Promise<number[]> {
  const lines: number[] = [];
  for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after(how)) {
    lines.push(stop.frames[0]?.line ?? 0);
    expect(stop.frames.every(({ kind, line }) => kind === 'reason' || line > 0)).toBe(true);
  }
  expect((await rig.result).exit).toBe(0);
  return lines;
}

describe.each(Object.entries(CASES))('%s', (_, { text, stops, over, into }) => {
  it('stops at each line once a pass', async () => {
    const lines = text.split('\n').map((_line, index) => index + 1);
    const rig = await launch({ text, breakpoints: onLines(...lines) });
    expect(await linesOf(rig, 'continue')).toEqual(stops);
  });

  it('is stepped through statement by statement, over and into functions', async () => {
    const steps = await launch({ text, stopOnEntry: true });
    expect(await linesOf(steps, 'next')).toEqual(over);
    if (into !== undefined) {
      const inner = await launch({ text, stopOnEntry: true });
      expect(await linesOf(inner, 'stepIn')).toEqual(into);
    }
  });
});

describe('stepping out', () => {
  it('of the script itself runs to its end', async () => {
    const text = `async function later() {\n  await null;\n  return 1;\n}\npr_info('%d', await later());`;
    const rig = await launch({ text, stopOnEntry: true });
    expect((await rig.stop())?.frames[0]?.line).toBe(5);
    expect(await rig.after('stepOut')).toBeUndefined();
    expect(rig.log.at(-1)).toBe('1');
  });

  it('of a function behind an await leads to the one that awaits it', async () => {
    const text = `async function later() {\n  await null;\n  return 1;\n}\nconst x = await later();\npr_info('%d', x);`;
    const rig = await launch({ text, breakpoints: onLines(3) });
    expect((await rig.stop())?.frames[0]?.line).toBe(3);
    expect((await rig.after('stepOut'))?.frames[0]).toMatchObject({ line: 6, name: '(script)' });
  });
});

describe('a script that stands still', () => {
  const text = `class A {
  #secret = 3;
  method(x: number, ...rest: number[]): number {
    pr_info('%d', this.#secret + x);
    return x;
  }
}
const fixed = 1;
let open = 2;
const first = (list: number[]) => {
  for (const item of list) {
    open += item;
  }
};
first([5]);
pr_info('%d', new A().method(1, 2, 3) + fixed + open);`;

  it.each([
    ['this', true, 'A {}'],
    ['this.#secret', true, '3'],
    ['[x, rest.length, open]', true, '(3) [1, 2, 7]'],
    ['nope', false, 'ReferenceError: nope is not defined'],
    ['x +', false, 'SyntaxError: Unexpected end of input'],
    ['throw 5', false, '5'],
    ['debugger; 3', true, '3'],
  ])('evaluates %s in a method', async (expression, ok, value) => {
    const rig = await launch({ text, breakpoints: onLines(4) });
    await rig.stop();
    const answer = await rig.debug.paused?.evaluate({ expression, context: 'repl' });
    expect(answer).toMatchObject({ ok, value });
  });

  it('is not changed by a hover, and says so', async () => {
    const rig = await launch({ text, breakpoints: onLines(12) });
    await rig.stop();
    const change = { expression: 'open = 9', context: 'hover' } as const;
    const value = 'not evaluated here: it would change something';
    expect(await rig.debug.paused?.evaluate(change)).toMatchObject({ ok: false, value });
    const look = { expression: 'open', context: 'hover' } as const;
    expect(await rig.debug.paused?.evaluate(look)).toMatchObject({ ok: true, value: '2' });
  });

  it('takes new values for variables, and refuses in plain words what is none', async () => {
    const rig = await launch({ text, breakpoints: onLines(12) });
    const scopes = (await rig.stop())?.scopes ?? [];
    const scope = scopes.find(({ variables }) => variables.some(({ name }) => name === 'open'));
    const reference = scope?.reference ?? 0;
    const set = async (name: string, expression: string) =>
      await rig.debug.paused?.setVariable({ reference, name, expression });
    await expect(set('missing', '8')).rejects.toThrow(
      'missing cannot be set: it is constant, or no',
    );
    expect(await set('open', 'open * 50')).toMatchObject({ ok: true, value: '100' });
    expect(await set('open', 'nope')).toMatchObject({ ok: false });
    await rig.debug.continue();
    expect((await rig.result).exit).toBe(0);
    expect(rig.log.at(-1)).toBe('107');
  });
});

describe('a script of thousands of lines', () => {
  it('is stopped at its last lines too', async () => {
    const lines = Array.from({ length: 2500 }, (_, n) => `n = n + ${n % 7};`);
    const text = ['let n = 0;', ...lines, 'function late() {', '  n = 0;', '}', 'late();'].join(
      '\n',
    );
    const rig = await launch({ text, breakpoints: onLines(900, 1500, 2400, 2503, 2505) });
    expect(await linesOf(rig, 'continue')).toEqual([900, 1500, 2400, 2505, 2503]);
  });
});

describe('what scripts cannot use is refused in plain words', () => {
  it.each([
    ['enum Color {\n  Red,\n}', 1, 'enum is not available here'],
    ['pr_info("x");\nnamespace N {\n  export const x = 1;\n}', 2, 'namespaces are not available'],
    ['class A {\n  constructor(private x: number) {}\n}', 2, 'parameter properties are not'],
    ['class A {\n  @log\n  method() {}\n}', 2, 'decorators are not available here'],
    ['import { x } from "y";', 1, 'import and export are not available'],
    ['export const x = 1;', 1, 'import and export are not available'],
  ])('%j', async (text, line, message) => {
    const rig = await launch({ text, breakpoints: onLines(1, 2) });
    const { error } = await rig.result;
    expect(error).toMatchObject({ name: 'SyntaxError', place: { line } });
    expect(error?.message).toContain(message);
    expect(rig.stops).toEqual([]);
  });
});
