// `npm run soak [-- STARTS [SEED]]`: builds, and starts and ends the debugger that often in one window.

import { join } from 'node:path';
import { buildWorkbench } from './build.mjs';
import { startDisplay } from './display.mjs';
import { ensure } from './ensure.mjs';
import { run, say } from './process.mjs';

const [starts = '1000', seed = '1'] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(starts) || !/^\d+$/.test(seed)) {
  say('usage: npm run soak -- [STARTS [SEED]]');
  process.exit(2);
}
const { electron, problem } = await ensure({ display: true });
if (electron === undefined || problem !== undefined) {
  say(problem ?? 'no Electron');
  process.exit(1);
}
await buildWorkbench();
const display = process.platform === 'linux' ? await startDisplay() : undefined;
const tool = join('node_modules', 'vitest', 'vitest.mjs');
const args = ['run', '--project', 'e2e', '--retry', '0', 'test/e2e/debug-soak.e2e.test.ts'];
const { code } = await run(process.execPath, [tool, ...args], {
  env: {
    ...process.env,
    ...(display === undefined ? {} : { DISPLAY: display.display }),
    SUBSTREAM_ELECTRON: electron,
    SUBSTREAM_SOAK: starts,
    SUBSTREAM_SOAK_SEED: seed,
  },
  quiet: true,
  onOutput: (text) => process.stdout.write(text),
});
display?.stop();
process.exitCode = code;
