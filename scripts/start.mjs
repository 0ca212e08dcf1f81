// `npm start [FILE]`: sets up what is missing, builds if stale, opens the workbench with the example loaded.

import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildWorkbench } from './build.mjs';
import { ensure } from './ensure.mjs';
import { ROOT, say } from './process.mjs';

const EXAMPLE = 'examples/aux-domains.ts';
const CALLER = process.env['INIT_CWD'] ?? process.cwd();
const args = process.argv.slice(2).map((arg) => (arg.startsWith('-') ? arg : resolve(CALLER, arg)));

process.exitCode = await start();

async function start() {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    say(`no display (DISPLAY is not set): running ${EXAMPLE} in the terminal instead`);
    return await inForeground(process.execPath, [
      'scripts/run-node.mjs',
      'sim/host/cli.ts',
      'run',
      join(ROOT, EXAMPLE),
    ]);
  }
  const { electron, problem } = await ensure();
  if (problem !== undefined) say(problem);
  if (electron === undefined) return 1;
  await buildWorkbench();
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await inForeground(electron, [
    ...sandbox,
    ROOT,
    ...(args.length > 0 ? args : [join(ROOT, EXAMPLE)]),
  ]);
}

/** Runs a program on our terminal, and hands a signal on to it. */
function inForeground(command, commandArgs) {
  return new Promise((done) => {
    const child = spawn(command, commandArgs, { cwd: ROOT, stdio: 'inherit' });
    process.on('SIGINT', () => child.kill('SIGINT'));
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', (error) => {
      say(error.message);
      done(1);
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}
