// What the debugger does to a script's text before it runs, and that no place of it is lost.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fateOf } from '../../sim/host/debug/caught-exceptions.ts';
import { diesInLoopHeads, plainLoopHeads } from '../../sim/host/debug/loop-heads.ts';
import { scanScript } from '../../sim/host/debug/script-scan.ts';
import { ScriptTree } from '../../sim/host/debug/script-tree.ts';
import { TextInserts } from '../../sim/script/text-inserts.ts';

describe('inserts', () => {
  it('map every place there and back, however many stand in a line', () => {
    const insert = fc.record({
      line: fc.integer({ min: 1, max: 3 }),
      column: fc.integer({ min: 1, max: 20 }),
      text: fc.stringMatching(/^[a-z]{1,9}$/),
    });
    const list = fc.uniqueArray(insert, { selector: ({ line, column }) => `${line}:${column}` });
    fc.assert(
      fc.property(list, (some) => {
        const lines = ['A', 'B', 'C'].map((letter) => letter.repeat(25));
        const inserts = new TextInserts(some);
        const running = inserts.apply(lines.join('\n')).split('\n');
        for (let line = 1; line <= 3; line++) {
          for (let column = 1; column <= 25; column++) {
            const there = inserts.moved({ line, column });
            expect(running[line - 1]?.[there.column - 1]).toBe(lines[line - 1]?.[column - 1]);
            expect(inserts.covers(there)).toBe(false);
            expect(inserts.original(there)).toEqual({ line, column });
          }
        }
      }),
    );
  });
});

describe('loop heads for an engine that dies in them', () => {
  it.each([
    ['12.4.254.21', false],
    ['13.0.245.20-electron.0', true],
    ['13.6.233.17', false],
    ['14.2.231.9', false],
  ])('%s: %s', (version, dies) => {
    expect(diesInLoopHeads(version)).toBe(dies);
  });

  function rewritten(text: string): string {
    const apply = (
      inserts: Parameters<typeof plainLoopHeads>[2] extends (a: infer I) => string ? I : never,
    ): string => new TextInserts(inserts).apply(text);
    return apply(plainLoopHeads(text, () => true, apply).inserts);
  }

  it.each([
    ['for (const q of list) { use(q); }', 'for (var $   of list) {const q=$; use(q); }'],
    ['for (let x of f(a, [1])) { x++; }', 'for (var $ of f(a, [1])) {let x=$; x++; }'],
    ['for (const [a, b] of map) {\n  a;\n}', 'for (var $        of map) {const [a, b]=$;\n  a;\n}'],
    ["const s = 'for (const q of x) {';", "const s = 'for (const q of x) {';"],
    ['for (const q of list) use(q);', 'for (const q of list) use(q);'],
    ['for (let i = 0; i < 3; i++) { i; }', 'for (let i = 0; i < 3; i++) { i; }'],
  ])('%s', (text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });

  it('leave each closure its own value', () => {
    const text = `const found = [];
for (const [k, v] of Object.entries({ a: 1, b: 2 })) {
  for (const w of [v, v * 10]) { found.push(() => k + w); }
}
return found.map((f) => f());`;
    const run = (source: string): unknown => new Function(source)();
    expect(rewritten(text)).not.toBe(text);
    expect(run(rewritten(text))).toEqual(run(text));
  });
});

describe('the tree of a text', () => {
  it.each([
    ["const s: string = 'try {'; // try {\nb(/[/}]/.test(s));", []],
    ['try { a(); } catch { b(); }', ['a']],
    ['try { a(); } finally { b(); }', []],
    ['try { try { a(); } finally { b(); } c(); } catch (e) { d(); }', ['a', 'b', 'c']],
    ['try { on(() => { a(); }); b(); } catch (e) { c(); }', ['b']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the script
    ['const t = `x ${f(`}`)} try {`; try { a(); } /* then */ catch { b(); }', ['a']],
  ])('%s catches in %o', async (text, caught) => {
    const script = await new ScriptTree(text).parsed();
    const inside = ['a', 'b', 'c', 'd'].filter((name) => {
      const column = text.indexOf(`${name}()`) + 1;
      const calls = [{ line: 1, column, later: false }];
      return column > 0 && script !== undefined && fateOf(script, calls) === 'caught';
    });
    expect(inside).toEqual(caught);
  });

  it('is none for a text that is no script', async () => {
    expect(await new ScriptTree('let let = 3 +;').parsed()).toBeUndefined();
  });
});

describe('the scan of a text', () => {
  it('keeps every character of code in its place', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the script
    const text = "a('x'); // b\nc(`d${e}f`); /* g\nh */ i(/j/);";
    const { code } = scanScript(text);
    expect(code).toHaveLength(text.length);
    expect([...'acei'].every((name) => code.indexOf(name) === text.indexOf(name))).toBe(true);
    expect(/[xbdfghj]/.test(code)).toBe(false);
  });
});
