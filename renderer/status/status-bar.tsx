// The bottom line: what the session does and its figures, then where the cursor is.

import type { ReactElement } from 'react';
import type { RunResult, SessionStatus } from '../../sim/protocol/api.ts';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { keyLabel } from '../commands/keys.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { SessionInfo } from '../workbench/session.ts';

/** Words for the states. */
const STATE_TEXT: Readonly<Record<SessionInfo['state'], string>> = {
  starting: 'starting',
  idle: 'ready',
  running: 'running',
  stopping: 'stopping',
  dead: 'session ended',
};

/** The status bar. */
export function StatusBar(): ReactElement {
  const { session, problems, editors, commands, debug } = useWorkbench();
  const stop = useStore(debug.stop);
  const chord = useStore(commands.chord);
  const ran = useStore(session.ran);
  const info = useStore(session.info);
  const status = useStore(session.status);
  const result = useStore(session.result);
  const list = useStore(problems.list);
  const cursor = useStore(editors.cursor);
  const profile = useStore(session.profile);
  const seed = useStore(session.seed);
  const errors = list.filter(({ severity }) => severity === 'error').length;
  const warnings = list.filter(({ severity }) => severity === 'warning').length;
  return (
    <footer
      className={classes('status-bar', `is-${info.state}`, stop !== undefined && 'is-paused')}
    >
      <output className="status-state" title={info.message}>
        {stop === undefined
          ? stateText(info, result)
          : `▮▮ paused ${ran?.name ?? ''}:${stop.frames[0]?.line ?? ''}`}
      </output>
      {status !== undefined && <Figures status={status} />}
      {chord !== undefined && (
        <output>{keyLabel(chord)} was pressed, waiting for the second key of the chord…</output>
      )}
      <span className="status-space" />
      <button type="button" title="Show problems" onClick={() => commands.run('view.problems')}>
        <Icon name="error" /> {errors} <span className="visually-hidden">errors, </span>
        <Icon name="warning" /> {warnings} <span className="visually-hidden">warnings</span>
      </button>
      <span>{profile}</span>
      <span>seed {seed}</span>
      {cursor !== undefined && (
        <span className="status-cursor">
          Ln {cursor.line}, Col {cursor.column}
        </span>
      )}
    </footer>
  );
}

function Figures({ status }: { readonly status: SessionStatus }): ReactElement {
  const { time, cmdq, eventq, pasids, faults, dmas } = status;
  return (
    <>
      <span className="status-time">t={time.toLocaleString('en-US')} ns</span>
      <span title="Command queue, PROD/CONS">
        CMDQ {cmdq.prod}/{cmdq.cons}
      </span>
      <span title="Event queue, PROD/CONS">
        EVTQ {eventq.prod}/{eventq.cons}
      </span>
      <span>{plural(pasids, 'PASID')}</span>
      <span>{plural(dmas, 'DMA')}</span>
      <span className={classes(faults > 0 && 'status-faults')}>
        {faults > 0 ? '✘ ' : ''}
        {plural(faults, 'fault')}
      </span>
    </>
  );
}

function stateText({ state, message }: SessionInfo, result: RunResult | undefined): string {
  if (state === 'dead' && message !== undefined) {
    return `✘ ${message}`;
  }
  if (state === 'idle' && result !== undefined) {
    return result.exit === 0 ? '✔ done' : `■ ended, exit ${result.exit}`;
  }
  return state === 'running' ? `▶ ${STATE_TEXT[state]}` : STATE_TEXT[state];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
