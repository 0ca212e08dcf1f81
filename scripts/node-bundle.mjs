// Bundles an entry point and the session's worker for plain Node, below out/node, if a source of theirs changed.
// Each build has a folder of its own and a record points to the newest: commands may run, and build, at once.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { ROOT } from './process.mjs';

const WORKER = 'sim/host/session-worker.ts';
const OUT = join(ROOT, 'out', 'node');
/** An older build may still be running for this long. */
const KEEP_MS = 10 * 60_000;

/**
 * @param {string} entry relative to the repository's root
 * @returns {Promise<string>} the bundle to run
 */
export async function nodeBundle(entry) {
  const name = entry.replace(/[.]ts$/, '').replaceAll('/', '-');
  const folder = freshFolder(name) ?? (await buildFolder(entry, name));
  return join(folder, `${basename(entry, '.ts')}.js`);
}

function freshFolder(name) {
  const record = join(OUT, `${name}.json`);
  if (!existsSync(record) || !existsSync(join(ROOT, 'node_modules'))) return undefined;
  const { files, hash, folder } = JSON.parse(readFileSync(record, 'utf8'));
  return fingerprint(files) === hash && existsSync(join(OUT, folder))
    ? join(OUT, folder)
    : undefined;
}

async function buildFolder(entry, name) {
  if (!existsSync(join(ROOT, entry))) throw new Error(`${entry} does not exist`);
  await ensureNpmPackages();
  mkdirSync(OUT, { recursive: true });
  const folder = mkdtempSync(join(OUT, `${name}-`));
  const files = ['package-lock.json', ...(await bundle(entry, folder))];
  const record = { files, hash: fingerprint(files), folder: basename(folder) };
  writeFileSync(`${folder}/record.json`, JSON.stringify(record));
  renameSync(`${folder}/record.json`, join(OUT, `${name}.json`));
  removeOldBuilds(name, folder);
  return folder;
}

/** Returns the sources that went into it. */
async function bundle(entry, folder) {
  const { build } = await import('vite');
  const entries = [entry, WORKER].filter((file) => existsSync(join(ROOT, file)));
  const result = /** @type {import('vite').Rolldown.RolldownOutput} */ (
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: true,
        target: 'node20.18',
        outDir: folder,
        copyPublicDir: false,
        sourcemap: true,
        rollupOptions: {
          input: Object.fromEntries(
            entries.map((file) => [basename(file, '.ts'), join(ROOT, file)]),
          ),
          output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
        },
      },
      ssr: { noExternal: ['zod', 'birpc'] },
    })
  );
  const modules = result.output.flatMap((chunk) =>
    'modules' in chunk ? Object.keys(chunk.modules) : [],
  );
  const files = modules
    .map((id) => relative(ROOT, id.split('?')[0] ?? id))
    .filter((file) => !file.startsWith('..') && !file.startsWith('node_modules'))
    .filter((file) => existsSync(join(ROOT, file)));
  return [...new Set(files)].sort();
}

function removeOldBuilds(name, current) {
  for (const found of readdirSync(OUT)) {
    const folder = join(OUT, found);
    const isOther = new RegExp(`^${name}-.{6}$`).test(found) && folder !== current;
    const time = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (isOther && Date.now() - time > KEEP_MS) rmSync(folder, { recursive: true, force: true });
  }
}
