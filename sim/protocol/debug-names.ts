// The names of the debugger's contract, complete by type.

import type { DebugApi, DebugEvents } from './debug.ts';
import type { Contract } from './rpc.ts';

/** Part of the contract between window and main process. */
export const DEBUG_CONTRACT: Contract<DebugApi, DebugEvents> = {
  calls: {
    debugLaunch: true,
    debugRecall: true,
    debugRemember: true,
    debugSetBreakpoints: true,
    debugContinue: true,
    debugNext: true,
    debugStepIn: true,
    debugStepOut: true,
    debugPause: true,
    debugRunTo: true,
    debugStepHardware: true,
    debugScopes: true,
    debugVariables: true,
    debugEvaluate: true,
    debugSetVariable: true,
  },
  events: {
    debugStopped: true,
    debugContinued: true,
    debugBreakpoints: true,
    debugEnded: true,
  },
};
