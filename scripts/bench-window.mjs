// `node scripts/bench-window.mjs [ROUNDS | steps]`: builds, starts a display, measures the window or only the
// steps of the debugger in it, and prints one JSON object.

import { spawn } from 'node:child_process';
import { buildWorkbench } from './build.mjs';
import { startDisplay } from './display.mjs';
import { ensure } from './ensure.mjs';
import { ROOT, say } from './process.mjs';

const rounds = process.argv[2] ?? '7';
const { electron, problem } = await ensure({ display: true });
if (electron === undefined || problem !== undefined) {
  say(problem ?? 'no Electron');
  process.exit(1);
}
await buildWorkbench();
const display = process.platform === 'linux' ? await startDisplay() : undefined;
const child = spawn(
  process.execPath,
  ['scripts/run-node.mjs', 'test/bench/window/cli.ts', electron, rounds],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: display === undefined ? process.env : { ...process.env, DISPLAY: display.display },
  },
);
child.on('exit', (code) => {
  display?.stop();
  process.exit(code ?? 1);
});
