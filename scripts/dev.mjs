// `npm run dev`: the workbench with hot reload.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { ROOT, say } from './process.mjs';

const { electron, problem } = await ensure();
if (problem !== undefined) say(problem);
if (electron === undefined) process.exit(1);

const root = process.platform === 'linux' && process.getuid?.() === 0;
const tool = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
const child = spawn(process.execPath, [tool, 'dev', '--watch', ...(root ? ['--noSandbox'] : [])], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, ELECTRON_EXEC_PATH: electron },
});
child.on('exit', (code) => process.exit(code ?? 1));
