// Builds the workbench into out/ with electron-vite, if its sources changed since the last build.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fingerprint, sourcesBelow } from './fingerprint.mjs';
import { ROOT, run, say } from './process.mjs';

const STAMP = join(ROOT, 'out', 'workbench.stamp');
const SOURCES = ['main', 'preload', 'renderer', 'sim', 'examples'];
const FILES = ['electron.vite.config.ts', 'package-lock.json', 'tsconfig.base.json'];

/** @param {{ force?: boolean }} [options] */
export async function buildWorkbench(options = {}) {
  const now = fingerprint([...SOURCES.flatMap(sourcesBelow), ...FILES]);
  if (!options.force && now === readStamp()) return;
  say('building the workbench');
  const tool = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const { code, output } = await run(process.execPath, [tool, 'build', '--logLevel', 'warn'], {
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    quiet: true,
  });
  if (code !== 0) throw new Error(`the build failed\n${output.trim()}`);
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  writeFileSync(STAMP, now);
}

function readStamp() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await buildWorkbench({ force: true });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
