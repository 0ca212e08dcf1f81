// Where editors would be when none is open: what to do next, with the keys for it.

import type { ReactElement } from 'react';
import type { CommandId } from '../../sim/protocol/commands.ts';
import { commandInfo } from '../../sim/protocol/commands.ts';
import { keyLabel } from '../commands/keys.ts';
import { useWorkbench } from './context.ts';

const OFFERED: readonly CommandId[] = [
  'file.openExample',
  'file.new',
  'file.open',
  'file.openRecent',
  'view.palette',
];

/** The empty middle. */
export function Welcome(): ReactElement {
  const { commands } = useWorkbench();
  return (
    <div className="welcome">
      <p className="welcome-name">Substream</p>
      <ul>
        {OFFERED.map((id) => {
          const { title, keys } = commandInfo(id);
          return (
            <li key={id}>
              <button type="button" onClick={() => commands.run(id)}>
                {title}
              </button>
              {keys?.[0] !== undefined && <kbd>{keyLabel(keys[0])}</kbd>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
