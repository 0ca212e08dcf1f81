// `node scripts/bench-window.mjs [ROUNDS | steps | views | kills [COUNT]]`: builds, starts a display, measures the
// window, only the steps of the debugger in it, only the views of the hardware, or what COUNT kills cost (50),
// and prints one JSON object.

import { spawn } from 'node:child_process';
import { buildWorkbench } from './build.mjs';
import { startDisplay } from './display.mjs';
import { ensure } from './ensure.mjs';
import { ROOT, say } from './process.mjs';

const what = process.argv.slice(2);
const { electron, problem } = await ensure({ display: true });
if (electron === undefined || problem !== undefined) {
  say(problem ?? 'no Electron');
  process.exit(1);
}
await buildWorkbench();
const display = process.platform === 'linux' ? await startDisplay() : undefined;
const child = spawn(
  process.execPath,
  ['scripts/run-node.mjs', 'test/bench/window/cli.ts', electron, ...what],
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
