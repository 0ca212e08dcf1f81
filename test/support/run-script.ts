// Runs a script in this process, in a realm as the worker's, and collects what comes out.

import { stripTypes } from '../../sim/host/strip-types.ts';
import { makeVmRealm } from '../../sim/host/vm-realm.ts';
import type { OutputRecord, RunRequest, RunResult } from '../../sim/protocol/api.ts';
import { consoleLines } from '../../sim/protocol/console-text.ts';
import type { ScriptRealm } from '../../sim/script/realm.ts';
import { Session } from '../../sim/session/session.ts';

/** What a run left behind. */
export interface ScriptRun {
  readonly result: RunResult;
  readonly records: readonly OutputRecord[];
  /** The kernel's log, without stamps. */
  readonly log: readonly string[];
  /** All lines as the console shows them. */
  readonly console: readonly string[];
  readonly session: Session;
}

/** Runs `text` as `test.ts`. */
export async function runScript(
  text: string,
  options: Partial<RunRequest> & {
    readonly control?: Int32Array;
    readonly realm?: ScriptRealm;
    /** Called at each line of the log. */
    readonly onLog?: (session: Session) => void;
  } = {},
): Promise<ScriptRun> {
  const { control, realm = makeVmRealm(), onLog, ...request } = options;
  const records: OutputRecord[] = [];
  const session: Session = new Session({
    request: { file: 'test.ts', text, ...request },
    realm,
    stripTypes,
    ...(control === undefined ? {} : { control }),
    nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    onOutput: (record) => {
      records.push(record);
      if (record.type === 'log') {
        onLog?.(session);
      }
    },
    onStatus: () => undefined,
  });
  const result = await session.run();
  const log = records.flatMap((record) => (record.type === 'log' ? [record.text] : []));
  return { result, records, log, console: records.flatMap(consoleLines), session };
}

/** `name: message at line:column` of the error that ended a run, or `exit N`. */
export function ending({ result }: ScriptRun): string {
  const { error, exit } = result;
  if (error === undefined) {
    return `exit ${exit}`;
  }
  const { place } = error;
  const at = place === undefined ? '' : ` at ${place.line}:${place.column}`;
  return `${error.name}: ${error.message}${at}`;
}
