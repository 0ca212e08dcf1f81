// The agent of a debugged session in its thread: reached from outside by evaluation of its global name,
// and able to stop the thread where it is.

import { types } from 'node:util';
import vm from 'node:vm';
import type { DebugPreparation } from '../../protocol/debug.ts';
import { AGENT, DebugAgent } from '../../session/debug-agent.ts';
import { BREAK_URL } from './script-urls.ts';

/** Makes the agent and gives it its name in the global scope of the thread's own realm. */
export function makeDebugAgent(preparation: DebugPreparation, flush: () => void): DebugAgent {
  const stop = new vm.Script('debugger;', { filename: BREAK_URL });
  const agent = new DebugAgent(preparation, {
    breakNow: () => void stop.runInThisContext(),
    isProxy: (value) => types.isProxy(value),
    flush,
  });
  Reflect.set(globalThis, AGENT, agent);
  return agent;
}
