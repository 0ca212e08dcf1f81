// The debugger's buttons in the toolbar, in VS Code's order and with its keys.

import type { ReactElement } from 'react';
import type { CommandId } from '../../sim/protocol/commands.ts';
import { commandInfo } from '../../sim/protocol/commands.ts';
import { useStore } from '../base/store.ts';
import { useWithKey } from '../commands/use-key.ts';
import { useWorkbench } from '../workbench/context.ts';

const BUTTONS: readonly (readonly [CommandId, string])[] = [
  [
    'debug.next',
    'M2 8a6 6 0 0 1 11-3.2M13.4 1.8v3.4h-3.4M8 11.2a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z',
  ],
  ['debug.stepIn', 'M8 1.5v7M5 5.8l3 3 3-3M8 11.2a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z'],
  ['debug.stepOut', 'M8 9V1.8M5 4.6l3-3 3 3M8 11.2a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z'],
];
const CONTINUE = 'M3 2.5v11M6 2.5l7.5 5.5L6 13.5z';
const PAUSE = 'M5 3v10M11 3v10';

/** Start, and while a script is debugged continue or pause, steps and restart. */
export function DebugBar(): ReactElement {
  const { debug, commands, documents, editors, session } = useWorkbench();
  const state = useStore(debug.state);
  const active = useStore(editors.active);
  const { state: running } = useStore(session.info);
  const start = useWithKey('Start Debugging', 'debug.start');
  const stopped = state === 'stopped';
  const busy = running === 'running' || running === 'stopping';
  if (state === 'inactive') {
    return (
      <button
        type="button"
        className="run"
        disabled={active === undefined || documents.get(active)?.isScript !== true || busy}
        title={start}
        onClick={() => commands.run('debug.start')}
      >
        <Drawn path="M4 2.5v11l7-5.5zM13 12.2a1 1 0 1 1-.01 0" /> Debug
      </button>
    );
  }
  return (
    <fieldset className="debug-bar" aria-label="Debug">
      {stopped ? (
        <Button id="debug.start" title="Continue" path={CONTINUE} enabled />
      ) : (
        <Button id="debug.pause" path={PAUSE} enabled />
      )}
      {BUTTONS.map(([id, path]) => (
        <Button key={id} id={id} path={path} enabled={stopped} />
      ))}
      <Button id="run.restart" path="M13 8a5 5 0 1 1-1.6-3.7M13.4 1.8v3.4h-3.4" enabled />
    </fieldset>
  );
}

function Button({
  id,
  title = commandInfo(id).title,
  path,
  enabled,
}: {
  readonly id: CommandId;
  readonly title?: string;
  readonly path: string;
  readonly enabled: boolean;
}): ReactElement {
  const { commands } = useWorkbench();
  const tip = useWithKey(title, id);
  return (
    <button
      type="button"
      className="icon-button"
      disabled={!enabled}
      aria-label={title}
      title={tip}
      onClick={() => commands.run(id)}
    >
      <Drawn path={path} />
    </button>
  );
}

function Drawn({ path }: { readonly path: string }): ReactElement {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
