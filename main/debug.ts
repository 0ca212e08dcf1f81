// The debugger of the window: one run at a time under it, its stops announced, its calls passed on.
// Breakpoints that are set between two runs wait here for the next one.

import type { Disposable } from '../sim/base/disposable.ts';
import { planBreakpoints } from '../sim/host/debug/breakpoint-plan.ts';
import type { PausedScript } from '../sim/host/debug/paused-script.ts';
import { ScriptDebugger } from '../sim/host/debug/script-debugger.ts';
import type { SessionHost } from '../sim/host/session-host.ts';
import type { RunResult, WorkbenchEvents } from '../sim/protocol/api.ts';
import type { BreakpointSet, DebugApi, DebugLaunch } from '../sim/protocol/debug.ts';
import type { InspectAnswer, InspectRequest } from '../sim/protocol/inspect.ts';
import type { Handlers, RpcServer } from '../sim/protocol/rpc.ts';
import type { StateFile } from './state-file.ts';

/** Scripts whose breakpoints are remembered. */
const MOST_SCRIPTS = 100;

/** What the debugger works with. */
export interface DebugSurroundings {
  readonly session: SessionHost;
  readonly state: StateFile;
  readonly server: () => RpcServer<WorkbenchEvents>;
  /** Before a run starts. */
  readonly starting: () => void;
}

/** Serves the debugger's part of the window's contract. */
export class DebugService implements Disposable {
  readonly #surroundings: DebugSurroundings;
  #debugger: ScriptDebugger | undefined;
  readonly #letGo = (): void => void this.#debugger?.release(false);

  constructor(surroundings: DebugSurroundings) {
    this.#surroundings = surroundings;
    // A process waits at its end for a thread that stands still, however it is ended.
    process.once('exit', this.#letGo);
  }

  /** The calls of the contract. */
  handlers(): Handlers<DebugApi> {
    return {
      debugLaunch: (launch) => this.#launch(launch),
      debugRecall: async () => this.#surroundings.state.state.breakpoints,
      debugRemember: (script, set) => this.#remember(script, set),
      debugSetBreakpoints: async (set) =>
        (await this.#debugger?.setBreakpoints(set)) ?? planBreakpoints(set).statuses,
      debugContinue: () => this.#running().continue(),
      debugNext: () => this.#running().next(),
      debugStepIn: () => this.#running().stepIn(),
      debugStepOut: () => this.#running().stepOut(),
      debugPause: () => this.#running().pause(),
      debugRunTo: (line) => this.#running().runTo(line),
      debugStepHardware: (unit) => this.#running().stepHardware(unit),
      debugScopes: (frame) => this.#paused().scopes(frame),
      debugVariables: (reference) => this.#paused().variables(reference),
      debugEvaluate: (request) => this.#paused().evaluate(request),
      debugSetVariable: (request) => this.#paused().setVariable(request),
    };
  }

  /** Looks at the hardware: a thread that stands still answers through its debugger only. */
  inspect(request: InspectRequest): Promise<InspectAnswer> {
    const debug = this.#debugger;
    return debug?.paused === undefined
      ? this.#surroundings.session.inspect(request)
      : debug.inspect(request);
  }

  /** Lets a script that stands still go, so that its thread can end. */
  dispose(): void {
    process.off('exit', this.#letGo);
    this.#letGo();
  }

  async #launch(launch: DebugLaunch): Promise<RunResult> {
    const { session, server, starting } = this.#surroundings;
    if (session.state === 'running' || session.state === 'stopping') {
      throw new Error('a script is running: stop it first');
    }
    starting();
    const debug = new ScriptDebugger(launch);
    this.#debugger = debug;
    debug.onDidStop((stop) => server().announce('debugStopped', stop));
    debug.onDidContinue(() => server().announce('debugContinued'));
    debug.onDidBind((statuses) => server().announce('debugBreakpoints', statuses));
    try {
      return await session.run(launch.request, debug);
    } finally {
      if (this.#debugger === debug) {
        this.#debugger = undefined;
      }
      server().announce('debugEnded');
    }
  }

  #remember(script: string, set: BreakpointSet): Promise<void> {
    const { state } = this.#surroundings;
    const { [script]: _, ...others } = state.state.breakpoints;
    const empty = set.lines.length + set.functions.length + set.hardware.length === 0 && set.active;
    const kept = Object.entries(others).slice(-(MOST_SCRIPTS - 1));
    return state.update({
      breakpoints: Object.fromEntries(empty ? kept : [...kept, [script, set]]),
    });
  }

  /** @throws Error when nothing is debugged */
  #running(): ScriptDebugger {
    if (this.#debugger === undefined) {
      throw new Error('no script is being debugged');
    }
    return this.#debugger;
  }

  /** @throws Error when the script does not stand still */
  #paused(): PausedScript {
    const paused = this.#running().paused;
    if (paused === undefined) {
      throw new Error('the script is running: pause it first');
    }
    return paused;
  }
}
