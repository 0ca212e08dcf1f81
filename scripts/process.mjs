// Running other programs, and saying what is going on. Set-up talks on stderr: stdout belongs to the product.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export function say(line) {
  process.stderr.write(`substream: ${line}\n`);
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, onOutput?: (text: string) => void }} [options]
 *   `quiet` keeps its output back; without it both streams go to our stderr
 * @returns {Promise<{ code: number, output: string }>} code 127 when it could not be started
 */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    let output = '';
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk) => {
      output += chunk;
      options.onOutput?.(chunk);
      if (!options.quiet) process.stderr.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => done({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) => {
      done({ code: code ?? 1, output: signal ? `${output}killed by ${signal}\n` : output });
    });
  });
}

/** npm, the way it was started if it was, else the one on PATH. */
export function runNpm(args, options = {}) {
  const script = process.env['npm_execpath'];
  if (script?.endsWith('.js')) return run(process.execPath, [script, ...args], options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}
