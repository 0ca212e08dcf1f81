import { describe, expect, it } from 'vitest';
import { explainEvent } from '../../sim/explain/explanation.ts';
import { hardwareOf } from '../../sim/explain/hardware.ts';
import { TraceIndex } from '../../sim/explain/trace-index.ts';
import { SessionReader } from '../../sim/trace/session-reader.ts';
import { runScript } from '../support/run-script.ts';
import { CALLS } from './script-calls.ts';
import { SCRIPT_SETUP } from './script-setup.ts';
import type { ScriptFault } from './script-stores.ts';
import { STORES } from './script-stores.ts';

/** Line of the script that carries a mark, or -1. */
function marked(text: string, mark: string): number {
  return text.split('\n').findIndex((line) => line.includes(mark)) + 1 || -1;
}

/** What the explanation of the last event says, from the session file. */
async function blame(text: string) {
  const run = await runScript(text);
  expect(run.result.error).toBeUndefined();
  const reader = new SessionReader();
  reader.push(run.session.traceText());
  const { header, source } = reader.end();
  const index = new TraceIndex(source);
  const { name, culprit, unknown, writtenBy, accessedBy } = explainEvent(
    index,
    index.events.at(-1) ?? 0,
    hardwareOf(header.machine),
  );
  return {
    unknown,
    event: name,
    where: culprit?.where,
    bits: [culprit?.hi, culprit?.lo],
    by: writtenBy?.line ?? -1,
    accessed: accessedBy?.line,
  };
}

describe('the fault of a script', () => {
  it.each([...STORES, ...CALLS].map((fault): [string, ScriptFault] => [fault.name, fault]))(
    'is blamed on the right bits and line: %s',
    async (_, fault) => {
      const text = SCRIPT_SETUP + fault.script;
      expect(await blame(text)).toEqual({
        unknown: undefined,
        event: fault.event,
        where: fault.where,
        bits: fault.bits,
        by: fault.by === false ? -1 : marked(text, '//@A'),
        accessed: marked(text, '//@H'),
      });
    },
  );
});
