// A virtual display of our own for tests, on a number that is free.

import { spawn } from 'node:child_process';

/**
 * Starts Xvfb; it picks a free display and tells its number through a pipe.
 *
 * @returns {Promise<{ display: string, stop: () => void }>}
 */
export function startDisplay(size = '1600x1000x24') {
  return new Promise((done, fail) => {
    const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', (error) => fail(new Error(`Xvfb cannot be started: ${error.message}`)));
    child.on('exit', (code) => fail(new Error(`Xvfb ended with ${code}\n${errors}`)));
    child.stdio[3]?.once('data', (number) => {
      done({ display: `:${String(number).trim()}`, stop: () => child.kill() });
    });
  });
}
