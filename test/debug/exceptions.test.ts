// Which exceptions stop a script as caught and which as uncaught: by who handles them in the end.

import { afterEach, describe, expect, it } from 'vitest';
import type { DebugRig as Rig } from '../support/debug-rig.ts';
import { DebugRig, NO_BREAKPOINTS } from '../support/debug-rig.ts';

let rig: Rig | undefined;

afterEach(() => rig?.dispose());

const LATE = `async function f(): Promise<void> { await null; throw new Error('x'); }\n`;
const NOW = `async function f(): Promise<void> { throw new Error('x'); }\n`;
const WAIT = '\nawait null; await null; await null; await null;';

/** What each stop of a run says of its exception. */
async function fates(text: string): Promise<string[]> {
  const exceptions = { caught: true, uncaught: true };
  rig = await DebugRig.launch({ text, breakpoints: { ...NO_BREAKPOINTS, exceptions } });
  const found: string[] = [];
  for (let stop = await rig.stop(); stop !== undefined; stop = await rig.after('continue')) {
    found.push(stop.exception?.caught === true ? 'caught' : 'uncaught');
  }
  return found;
}

const CAUGHT: readonly (readonly [string, string])[] = [
  ['a try around it', `try { throw new Error('x'); } catch {}`],
  ['a try around the call', `function g(): void { throw 1; }\ntry { g(); } catch {}`],
  ['a try around a call that calls back', `try { [1].forEach(() => { throw 1; }); } catch {}`],
  ['a try around what the API throws', `try { assert(false); } catch {}`],
  ['an await in a try', `${LATE}try { await f(); } catch {}`],
  [
    'an await in a try further out',
    `${LATE}async function g() { await f(); }
try { await g(); } catch {}`,
  ],
  [
    'a try around what is returned and awaited',
    `${LATE}const g = () => f();
try { await g(); } catch {}`,
  ],
  ['catch() behind the call', `${LATE}await f().catch(() => 0);`],
  ['catch() behind the call, at once', `${NOW}await f().catch(() => 0);`],
  ['catch() that nobody awaits', `${NOW}f().catch(() => 0);`],
  [
    'catch() behind finally() and then()',
    `${LATE}await f().finally(() => 0).then(() => 0).catch(() => 0);`,
  ],
  ['the second argument of then()', `${LATE}await f().then(() => 0, () => 0);`],
  ['catch() behind Promise.all()', `${LATE}await Promise.all([f(), null]).catch(() => 0);`],
  ['Promise.allSettled()', `${LATE}await Promise.allSettled([1, 2].slice(1).map(() => f()));`],
  [
    'catch() behind a then() that throws',
    `await Promise.resolve(1).then(() => { throw 1; }).catch(() => 0);`,
  ],
  [
    'catch() behind a function without a name',
    `await (async () => { throw 1; })().catch(() => 0);`,
  ],
  ['catch() behind a new Promise', `await new Promise(() => { throw 1; }).catch(() => 0);`],
  [
    'a try around a promise that is rejected',
    `try { await new Promise((_, no) => no(1)); } catch {}`,
  ],
  ['a try around Promise.reject()', `try { await Promise.reject(1); } catch {}`],
  ['an await of a variable in a try', `${LATE}const p = f();\ntry { await p; } catch {}`],
  ['catch() of what an object holds', `${LATE}const o = { p: f() };\no.p.catch(() => 0);${WAIT}`],
  ['catch() of a variable, at once', `${NOW}const p = f();\np.catch(() => 0);`],
  ['catch() of a variable', `${LATE}const p = f();\np.catch(() => 0);${WAIT}`],
];

const UNCAUGHT: readonly (readonly [string, string])[] = [
  ['nothing', `throw new Error('x');`],
  ['a try with finally only', `try { throw 1; } finally {}`],
  ['what the API throws', 'assert(false);'],
  [
    'a throw in the catch',
    `try { null; } catch {}\nfunction g() { try { null; } finally { throw 1; } }\ng();`,
  ],
  ['an await', `${LATE}await f();`],
  ['an await further out', `${LATE}async function g() { await f(); }\nawait g();`],
  ['then() with one argument', `${LATE}await f().then(() => 0);`],
  ['finally()', `${LATE}await f().finally(() => 0);`],
  ['Promise.all()', `${LATE}await Promise.all([f()]);`],
  ['a promise that nobody awaits', `${LATE}void f();${WAIT}`],
  ['a try around a promise that is not awaited', `${LATE}try { void f(); } catch {}${WAIT}`],
  [
    'a try around the making of a function',
    `let g = () => {};
try { g = () => { throw 1; }; } catch {}
g();`,
  ],
  ['a callback of the API', `expect_event('F_TRANSLATION', () => { throw 1; });`],
  [
    'catch() behind a function that throws before it is called',
    `function g(): Promise<void> { throw 1; }
await g().catch(() => 0);`,
  ],
  ['an await of a variable', `${LATE}const p = f();\nawait p;`],
  ['an await of one of two uses', `${LATE}const p = f();\np.finally(() => 0);\nawait p;`],
  [
    'a promise of an object that nobody awaits',
    `${LATE}const o = { p: f() };${WAIT}\npr_info('%d', o ? 1 : 0);`,
  ],
  ['a promise of a variable', `${LATE}const p = f();${WAIT}\npr_info('%d', p === null ? 1 : 0);`],
];

describe('an exception is caught by', () => {
  it.each(CAUGHT)('%s', async (_, text) => {
    expect((await fates(text))[0]).toBe('caught');
  });
});

describe('an exception is not caught by', () => {
  it.each(UNCAUGHT)('%s', async (_, text) => {
    expect((await fates(text))[0]).toBe('uncaught');
  });
});
