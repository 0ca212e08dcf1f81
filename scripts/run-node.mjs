// Runs a TypeScript entry point of this repository in this process: `node scripts/run-node.mjs ENTRY.ts ARGS...`.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeBundle } from './node-bundle.mjs';
import { ROOT, say } from './process.mjs';

const [entry = '', ...args] = process.argv.slice(2);
// npm moves to the root: file names on the command line mean the folder where the caller stands.
const caller = process.env['npm_lifecycle_event'] ? process.env['INIT_CWD'] : undefined;
if (caller !== undefined && resolve(process.cwd()) === resolve(ROOT)) process.chdir(caller);
try {
  const bundle = await nodeBundle(entry);
  process.argv = [process.execPath, resolve(ROOT, bundle), ...args];
  await import(pathToFileURL(bundle).href);
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(70);
}
