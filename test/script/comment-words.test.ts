// Words that the realm refuses may stand in comments; everywhere else the text stays as it is.

import { describe, expect, it } from 'vitest';
import { withPlainComments } from '../../sim/script/comment-words.ts';
import { ending, runScript } from '../support/run-script.ts';

describe('a comment', () => {
  it.each([
    '// see import(x)',
    '/* import ( */',
    '/* <!-- html --> */',
    'const a = 4 / 2; // import(x) / <!--',
    'const t = `a \u0024{1 /* import(x) */} b`; // -->',
    "const s = 'it\\'s // no comment'; // import (x)",
    'const r = /["\'`/]*/; // import(x)',
    'const r = [/[/]"/]; /* import/* */',
    'const f = () => /`/.test("`"); // <!--',
  ])('may say anything: %s', async (text) => {
    expect(ending(await runScript(text))).toBe('exit 0');
    expect(withPlainComments(text)).toHaveLength(text.length);
  });

  it('moves nothing: errors keep their place', async () => {
    expect(ending(await runScript('/* import(x) */ assert(false);'))).toMatch(/at 1:17$/);
  });
});

describe('elsewhere the words', () => {
  it.each([
    "const s = 'import(x)';",
    'const s = `// import(x)`;',
    "const s = `\u0024{'`'} // import(x)`;",
    'const s = "/* <!-- */";',
    'const r = /\\/\\/ import(x)/;',
  ])('stay, and the realm refuses them: %s', async (text) => {
    expect(withPlainComments(text)).toBe(text);
    expect(ending(await runScript(text))).toMatch(/rejected/);
  });
});

describe('numbers of a script', () => {
  it('have every typed array that the editor offers', async () => {
    const text = `const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array,
  Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];
for (const kind of kinds) assert(new kind(4).byteLength === 4 * kind.BYTES_PER_ELEMENT);
assert(new Float64Array([0.5])[0] === 0.5 && Object.isFrozen(Float64Array.prototype));`;
    expect(ending(await runScript(text))).toBe('exit 0');
  });

  it('count the bytes of those, too', async () => {
    const text = 'const kept = []; for (;;) kept.push(new Float64Array(2 ** 21));';
    expect(ending(await runScript(text))).toMatch(/RangeError: the script holds more than 512 MiB/);
  });
});
