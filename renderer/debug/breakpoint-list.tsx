// The breakpoints of the script in front: each can be switched off and taken away, and leads to its line.

import type { ReactElement } from 'react';
import type { BreakpointStatus } from '../../sim/protocol/debug.ts';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { describe } from './editor-debug.ts';

interface Entry {
  readonly id: number;
  readonly enabled: boolean;
  readonly label: string;
  readonly detail: string;
  readonly line?: number;
}

/** The list with its switches. */
export function BreakpointList(): ReactElement {
  const { debug, editors } = useWorkbench();
  const { breakpoints } = debug;
  const id = useStore(editors.active);
  const sets = useStore(breakpoints.sets);
  const statuses = useStore(breakpoints.statuses);
  if (id === undefined) {
    return <p className="empty debug-empty">No script is open.</p>;
  }
  const set = sets.get(id) ?? breakpoints.of(id);
  const { exceptions } = set;
  const entries: Entry[] = [
    ...set.lines
      .map((one) => ({
        id: one.id,
        enabled: one.enabled,
        label: `line ${breakpoints.shownLine(one)}`,
        detail: describe(one, statuses.get(one.id)),
        line: breakpoints.shownLine(one),
      }))
      .sort((a, b) => a.line - b.line),
    ...set.functions.map(({ name, ...one }) => ({
      ...one,
      label: `${name}()`,
      detail: statuses.get(one.id)?.message ?? 'function breakpoint',
    })),
    ...set.hardware.map(({ on, ...one }) => ({
      ...one,
      label: on,
      detail: statuses.get(one.id)?.message ?? 'hardware breakpoint',
    })),
  ];
  return (
    <>
      <Switch
        label="Uncaught exceptions"
        on={exceptions.uncaught}
        change={(uncaught) => breakpoints.setExceptions(id, { ...exceptions, uncaught })}
      />
      <Switch
        label="Caught exceptions"
        on={exceptions.caught}
        change={(caught) => breakpoints.setExceptions(id, { ...exceptions, caught })}
      />
      <ul>
        {entries.map((entry) => (
          <BreakpointRow
            key={entry.id}
            document={id}
            entry={entry}
            status={statuses.get(entry.id)}
          />
        ))}
      </ul>
    </>
  );
}

function BreakpointRow({
  document,
  entry,
  status,
}: {
  readonly document: string;
  readonly entry: Entry;
  readonly status: BreakpointStatus | undefined;
}): ReactElement {
  const { debug, layout, editors } = useWorkbench();
  const { id, enabled, label, detail, line } = entry;
  const jump = (): void => {
    if (line !== undefined) {
      layout.show(document);
      editors.focus(document, { line, column: 1 });
    }
  };
  return (
    <li className={classes('debug-breakpoint', status?.verified === false && 'is-unverified')}>
      <input
        type="checkbox"
        aria-label={`${label} enabled`}
        checked={enabled}
        onChange={(event) => debug.breakpoints.enable(document, id, event.target.checked)}
      />
      <button type="button" className="row" title={detail} onClick={jump}>
        <span className="debug-name">{label}</span>
        <span className="dim">{detail === 'Breakpoint' ? '' : detail}</span>
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Remove ${label}`}
        onClick={() => debug.breakpoints.remove(document, id)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

function Switch({
  label,
  on,
  change,
}: {
  readonly label: string;
  readonly on: boolean;
  readonly change: (on: boolean) => void;
}): ReactElement {
  return (
    <label className="debug-breakpoint">
      <input type="checkbox" checked={on} onChange={(event) => change(event.target.checked)} />
      {label}
    </label>
  );
}
