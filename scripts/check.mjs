// `npm run check`: format and lint, the types of every layer, who imports whom, dead code, the generated tables.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureNpmPackages } from './npm-packages.mjs';
import { ROOT, run } from './process.mjs';

// TypeScript 7 checks types ten times faster; tools that need the compiler as a library use 6 beside it.
// The largest first, so that the last to end is a small one.
const LAYERS = ['test', 'renderer', 'sim', 'sim/host', 'main', 'preload', 'scripts', '.'];
const AT_ONCE = 2;

/** @type {{ name: string, args: string[] }[]} */
const PARTS = [
  {
    name: 'format and lint',
    args: [tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'],
  },
  ...LAYERS.map((layer) => ({
    name: `types of ${layer === '.' ? 'the configuration' : layer}`,
    args: [tool('typescript-native/bin/tsc'), '-p', layer, '--pretty', 'false'],
  })),
  {
    name: 'layers',
    args: [
      tool('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      ...['sim', 'main', 'preload', 'renderer', 'test', 'scripts'],
    ],
  },
  { name: 'dead code', args: [tool('knip/bin/knip.js'), '--no-progress'] },
  { name: 'coverage table', args: [join('scripts', 'coverage-arch.mjs'), '--check'] },
  { name: 'settings page', args: [join('scripts', 'settings-doc.mjs'), '--check'] },
];

function tool(path) {
  return join('node_modules', path);
}

/**
 * @param {(line: string) => void} print
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function check(print) {
  const waiting = [...PARTS];
  let failed = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        const start = performance.now();
        const { code, output } = await run(process.execPath, part.args, { cwd: ROOT, quiet: true });
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        print(`${code === 0 ? 'ok  ' : 'FAIL'} check: ${part.name} (${seconds} s)`);
        if (code !== 0) {
          failed += 1;
          print(output.trimEnd());
        }
      }
    }),
  );
  return { passed: PARTS.length - failed, failed };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await ensureNpmPackages();
  const { passed, failed } = await check((line) => console.log(line));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
