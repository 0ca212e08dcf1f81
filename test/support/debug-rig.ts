// A script under the debugger on plain Node, in the real session thread: what tests, goldens and the
// bench drive.

import { ScriptDebugger } from '../../sim/host/debug/script-debugger.ts';
import { SessionHost } from '../../sim/host/session-host.ts';
import type { OutputRecord, RunResult } from '../../sim/protocol/api.ts';
import type {
  BreakpointSet,
  BreakpointStatus,
  DebugLaunch,
  DebugStop,
  LineBreakpoint,
} from '../../sim/protocol/debug.ts';
import { builtWorker } from './built.ts';

/** How long a stop may take on a busy machine. */
const STOP_MS = 20_000;

/** No breakpoints at all. */
export const NO_BREAKPOINTS: BreakpointSet = {
  active: true,
  lines: [],
  functions: [],
  hardware: [],
  exceptions: { caught: false, uncaught: false },
};

/** Plain breakpoints on lines; their ids are the lines. */
export function onLines(...lines: readonly (number | Partial<LineBreakpoint>)[]): BreakpointSet {
  return {
    ...NO_BREAKPOINTS,
    lines: lines.map((line) => {
      const given = typeof line === 'number' ? { line } : line;
      return { id: given.line ?? 0, enabled: true, line: 0, ...given };
    }),
  };
}

/** One debugged run. */
export class DebugRig {
  readonly debug: ScriptDebugger;
  readonly host: SessionHost;
  readonly stops: DebugStop[] = [];
  readonly statuses: BreakpointStatus[] = [];
  readonly output: OutputRecord[] = [];
  readonly result: Promise<RunResult>;
  #waiting: (() => void) | undefined;
  #over = false;

  static async launch(launch: Partial<DebugLaunch> & { text: string; file?: string }) {
    const worker = await builtWorker();
    return new DebugRig(worker, {
      request: { file: launch.file ?? 'test.ts', text: launch.text },
      breakpoints: launch.breakpoints ?? NO_BREAKPOINTS,
      stopOnEntry: launch.stopOnEntry ?? false,
    });
  }

  private constructor(worker: string, launch: DebugLaunch) {
    this.debug = new ScriptDebugger(launch);
    this.debug.onDidStop((stop) => {
      this.stops.push(stop);
      this.#wake();
    });
    this.debug.onDidBind((statuses) => this.statuses.push(...statuses));
    this.host = new SessionHost({ worker });
    this.host.onDidOutput((records) => this.output.push(...records));
    this.result = this.host.run(launch.request, this.debug).finally(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** The next stop, or undefined when the run ended without one. */
  async stop(): Promise<DebugStop | undefined> {
    const limit = setTimeout(() => this.#wake(), STOP_MS);
    while (this.stops.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    clearTimeout(limit);
    return this.stops.shift();
  }

  /** Goes on by `how` and gives the next stop. */
  async after(how: 'continue' | 'next' | 'stepIn' | 'stepOut'): Promise<DebugStop | undefined> {
    await this.debug[how]();
    return await this.stop();
  }

  /** Lines of the log so far. */
  get log(): readonly string[] {
    return this.output.flatMap((record) => (record.type === 'log' ? [record.text] : []));
  }

  dispose(): void {
    this.host.dispose();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/** Innermost frame of a stop as `line:column name`. */
export function where(stop: DebugStop | undefined): string {
  const top = stop?.frames[0];
  return top === undefined ? 'nowhere' : `${top.line}:${top.column} ${top.name}`;
}
