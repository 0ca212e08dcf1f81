// The bundles that plain Node runs: built when a source of theirs changed, as the commands do.

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { nodeBundle } from '../../scripts/node-bundle.mjs';

const ROOT = join(import.meta.dirname, '../..');

/** What a command line left behind. */
export interface CommandRun {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

/** The bundled command line. */
export async function builtCli(): Promise<string> {
  return join(ROOT, await nodeBundle('sim/host/cli.ts')).replace(`${ROOT}${ROOT}`, ROOT);
}

/** The bundled session worker. */
export async function builtWorker(): Promise<string> {
  return join(dirname(await builtCli()), 'session-worker.js');
}

/** Runs the command line in a process of its own. */
export async function runCli(args: readonly string[], cwd = ROOT): Promise<CommandRun> {
  const cli = await builtCli();
  const started = performance.now();
  const child = spawn(process.execPath, [cli, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  const exit = await new Promise<number>((resolve) =>
    child.on('close', (code) => resolve(code ?? -1)),
  );
  return { exit, out, err, ms: performance.now() - started };
}
