// The filters over the console: level and stream; what is left out is said.

import type { ReactElement } from 'react';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { ConsoleFilter } from './console-log.ts';
import { LEVELS, SHOW_ALL } from './console-log.ts';

const SOURCES: Readonly<Record<ConsoleFilter['source'], string>> = {
  all: 'everything',
  log: 'the log',
  event: 'faults',
  warn: 'warnings of the model',
};

/** The bar. */
export function ConsoleBar(): ReactElement {
  const { console: terminal, commands } = useWorkbench();
  const filter = useStore(terminal.filter);
  const sids = useStore(terminal.sids);
  const choose = (value: string): void => {
    const sid = /^sid:(\d+)$/.exec(value)?.[1];
    const { level } = filter;
    terminal.filter.set(
      sid === undefined
        ? { level, source: value as ConsoleFilter['source'] }
        : { level, source: 'event', sid: Number(sid) },
    );
  };
  return (
    <div className="console-bar">
      <select
        aria-label="Show in the console"
        value={filter.sid === undefined ? filter.source : `sid:${filter.sid}`}
        onChange={(event) => choose(event.target.value)}
      >
        {Object.entries(SOURCES).map(([source, words]) => (
          <option key={source} value={source}>
            {words}
          </option>
        ))}
        {sids.map((sid) => (
          <option key={sid} value={`sid:${sid}`}>
            faults of SID 0x{sid.toString(16)}
          </option>
        ))}
      </select>
      <select
        aria-label="Console level"
        value={filter.level}
        disabled={filter.sid !== undefined}
        onChange={(event) => terminal.filter.set({ ...filter, level: Number(event.target.value) })}
      >
        {LEVELS.map(({ level, name }) => (
          <option key={level} value={level}>
            {name}
          </option>
        ))}
      </select>
      {filter !== SHOW_ALL && (filter.level !== 7 || filter.source !== 'all') && (
        <button
          type="button"
          className="bar-button"
          title="Show everything"
          onClick={() => terminal.filter.set(SHOW_ALL)}
        >
          ▽ filtered
        </button>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Copy as dmesg"
        title="Copy as dmesg"
        onClick={() => commands.run('console.copyDmesg')}
      >
        <Icon name="copy" />
      </button>
    </div>
  );
}
