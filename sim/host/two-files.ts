// The arguments of commands that take exactly two files and no options.

import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/**
 * The two paths of `substream COMMAND A B`.
 * @param what the files in words, e.g. `two sessions: substream diff A.substream B.substream`
 * @throws UsageError
 */
export function twoFiles(command: string, args: readonly string[], what: string): [string, string] {
  const [left, right, extra] = positionals(command, args);
  if (left === undefined || right === undefined || extra !== undefined) {
    throw new UsageError(`${command} needs ${what}`);
  }
  return [left, right];
}

function positionals(command: string, args: readonly string[]): string[] {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: {} }).positionals;
  } catch (error) {
    const [line = ''] = (error as Error).message.split('. ');
    throw new UsageError(`${command}: ${line.trim()}; try substream ${command} --help`);
  }
}
