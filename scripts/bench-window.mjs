// `node scripts/bench-window.mjs [ROUNDS | timeline]`: builds, starts a display, measures how the window starts,
// or its trace view while records come; prints one JSON object.

import { spawn } from 'node:child_process';
import { buildWorkbench } from './build.mjs';
import { startDisplay } from './display.mjs';
import { ensure } from './ensure.mjs';
import { ROOT, say } from './process.mjs';

const what = process.argv[2] ?? '7';
const entry = what === 'timeline' ? 'test/bench/trace-window-cli.ts' : 'test/bench/window/cli.ts';
const { electron, problem } = await ensure({ display: true });
if (electron === undefined || problem !== undefined) {
  say(problem ?? 'no Electron');
  process.exit(1);
}
await buildWorkbench();
const display = process.platform === 'linux' ? await startDisplay() : undefined;
const child = spawn(process.execPath, ['scripts/run-node.mjs', entry, electron, what], {
  cwd: ROOT,
  stdio: 'inherit',
  env: display === undefined ? process.env : { ...process.env, DISPLAY: display.display },
});
child.on('exit', (code) => {
  display?.stop();
  process.exit(code ?? 1);
});
