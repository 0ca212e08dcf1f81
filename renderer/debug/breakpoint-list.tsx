// The breakpoints of the script in front: each can be switched off and taken away, and leads to its line.

import type { ReactElement } from 'react';
import type { BreakpointStatus } from '../../sim/protocol/debug.ts';
import type { MenuItem } from '../base/context-menu.tsx';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';
import { anyMenu, editFunction, editHardware, lineMenu } from './breakpoint-editing.ts';
import { describe } from './editor-debug.ts';

interface Entry {
  readonly id: number;
  readonly kind: 'line' | 'function' | 'hardware';
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
        kind: 'line' as const,
        enabled: one.enabled,
        label: `line ${breakpoints.shownLine(one)}`,
        detail: describe(one, statuses.get(one.id)),
        line: breakpoints.shownLine(one),
      }))
      .sort((a, b) => a.line - b.line),
    ...set.functions.map(({ name, ...one }) => ({
      ...one,
      ...lineOf(statuses.get(one.id)),
      kind: 'function' as const,
      label: `${name}()`,
      detail: statuses.get(one.id)?.message ?? 'function breakpoint',
    })),
    ...set.hardware.map(({ on, ...one }) => ({
      ...one,
      kind: 'hardware' as const,
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

/** Where a function of the script begins. */
function lineOf(status: BreakpointStatus | undefined): { readonly line?: number } {
  return status?.line === undefined ? {} : { line: status.line };
}

/** The menu of a row, by the kind of its breakpoint. */
function rowMenu(
  parts: WorkbenchModel,
  document: string,
  { id, kind, enabled }: Entry,
): MenuItem[] {
  const { breakpoints } = parts.debug;
  const { lines, functions, hardware } = breakpoints.of(document);
  const line = lines.find((one) => one.id === id);
  if (line !== undefined) {
    return lineMenu(parts, document, line);
  }
  const isFunction = kind === 'function';
  const old = isFunction
    ? functions.find((one) => one.id === id)?.name
    : hardware.find((one) => one.id === id)?.on;
  const word = isFunction ? 'Function Breakpoint' : 'Hardware Breakpoint';
  return anyMenu(parts, { document, id, enabled }, word, async () => {
    const text = await (isFunction ? editFunction(parts, old) : editHardware(parts, old));
    if (text !== undefined) {
      breakpoints.rename(document, id, text);
    }
  });
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
  const workbench = useWorkbench();
  const { debug, layout, editors, menu } = workbench;
  const { id, enabled, label, detail, line } = entry;
  const jump = (): void => {
    if (line !== undefined) {
      layout.show(document);
      editors.focus(document, { line, column: 1 });
    }
  };
  return (
    <li
      className={classes('debug-breakpoint', status?.verified === false && 'is-unverified')}
      onContextMenu={(event) => {
        event.preventDefault();
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        const [x, y] = event.button === 2 ? [event.clientX, event.clientY] : [left + 24, bottom];
        menu.open({ label, x, y, groups: [rowMenu(workbench, document, entry)] });
      }}
    >
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
