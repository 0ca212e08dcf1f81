// Bundles an entry point and the session's worker for plain Node, below out/node, if a source of theirs changed.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { ROOT } from './process.mjs';

const WORKER = 'sim/host/session-worker.ts';
const OUT = join(ROOT, 'out', 'node');

/**
 * @param {string} entry relative to the repository's root
 * @returns {Promise<string>} the bundle to run
 */
export async function nodeBundle(entry) {
  const folder = join(OUT, entry.replace(/[.]ts$/, '').replaceAll('/', '-'));
  const bundle = join(folder, `${basename(entry, '.ts')}.js`);
  if (isFresh(folder)) return bundle;
  await ensureNpmPackages();
  await build(entry, folder);
  return bundle;
}

function isFresh(folder) {
  const inputs = join(folder, 'inputs.json');
  if (!existsSync(inputs) || !existsSync(join(ROOT, 'node_modules'))) return false;
  const { files, hash } = JSON.parse(readFileSync(inputs, 'utf8'));
  return fingerprint(files) === hash;
}

/** Builds beside the old bundle and swaps at the end, so that two commands at once do not meet half a bundle. */
async function build(entry, folder) {
  const { build: viteBuild } = await import('vite');
  const entries = [entry, WORKER].filter((file) => existsSync(join(ROOT, file)));
  if (!entries.includes(entry)) throw new Error(`${entry} does not exist`);
  mkdirSync(OUT, { recursive: true });
  const work = mkdtempSync(join(OUT, 'build-'));
  const result = await viteBuild({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      target: 'node20.18',
      outDir: work,
      emptyOutDir: true,
      copyPublicDir: false,
      minify: false,
      sourcemap: true,
      rollupOptions: {
        input: Object.fromEntries(entries.map((file) => [basename(file, '.ts'), join(ROOT, file)])),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
      },
    },
    ssr: { noExternal: ['zod', 'birpc'] },
  });
  const files = ['package-lock.json', ...inputsOf(result)];
  writeFileSync(join(work, 'inputs.json'), JSON.stringify({ files, hash: fingerprint(files) }));
  swap(work, folder);
}

function inputsOf(result) {
  const modules = result.output.flatMap((chunk) => Object.keys(chunk.modules ?? {}));
  const files = modules
    .map((id) => relative(ROOT, id.split('?')[0] ?? id))
    .filter((file) => !file.startsWith('..') && !file.startsWith('node_modules'));
  return [...new Set(files)].filter((file) => existsSync(join(ROOT, file))).sort();
}

function swap(work, folder) {
  const old = `${work}-old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(work, folder);
  rmSync(old, { recursive: true, force: true });
}
