// `substream run --inspect[-brk][=PORT]`: lets Chrome DevTools or VS Code attach to the script of a
// headless run. They find its thread through this process; only this machine can reach the port.

import { open, waitForDebugger } from 'node:inspector';
import type { RunRequest } from '../../protocol/api.ts';
import { UsageError } from '../usage-error.ts';

const OPTION = /^--inspect(-brk)?(?:=(.*))?$/;
const DEFAULT_PORT = 9229;
const LOOPBACK = '127.0.0.1';

/** What was asked for. */
export interface InspectChoice {
  readonly port: number;
  /** Wait for the debugger, and stop before the script's first statement. */
  readonly brk: boolean;
}

/** Takes the option out of `args`. @throws UsageError for a port that is none */
export function takeInspect(args: readonly string[]): {
  readonly rest: readonly string[];
  readonly inspect?: InspectChoice;
} {
  const given = args.findLast((arg) => OPTION.test(arg));
  if (given === undefined) {
    return { rest: args };
  }
  const [, brk, port = String(DEFAULT_PORT)] = OPTION.exec(given) ?? [];
  if (!/^\d{1,5}$/.test(port) || Number(port) > 0xffff) {
    throw new UsageError(`--inspect takes a port, 0 for any free one, got '${port}'`);
  }
  return {
    rest: args.filter((arg) => !OPTION.test(arg)),
    inspect: { port: Number(port), brk: brk !== undefined },
  };
}

/** Opens the port, says where on the error output, and gives the run as it must start. */
export function openInspector({ port, brk }: InspectChoice, request: RunRequest): RunRequest {
  open(port, LOOPBACK);
  if (!brk) {
    return request;
  }
  waitForDebugger();
  const watch = { functions: [], hardware: [], exceptions: false };
  return { ...request, debug: { inserts: [{ line: 1, column: 1, text: 'debugger;' }], watch } };
}
