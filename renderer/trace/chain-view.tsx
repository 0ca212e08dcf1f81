// Beside the list: what led to the selected record, and what it led to, each a step away.

import type { ReactElement } from 'react';
import type { TraceRow } from '../../sim/protocol/trace.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { linksOf } from './actions.ts';
import { timeText } from './time-range.ts';

/** The chain of the selected record. */
export function ChainView(): ReactElement {
  const workbench = useWorkbench();
  const { trace } = workbench;
  const selected = useStore(trace.selected);
  const chain = useStore(trace.chain);
  if (selected === undefined) {
    return (
      <aside className="trace-chain" aria-label="Cause and effect">
        <p className="empty trace-empty">Select a record: its causes and effects are shown here.</p>
      </aside>
    );
  }
  return (
    <aside className="trace-chain" aria-label="Cause and effect">
      <header>
        <strong>
          {selected.bad && '✘ '}
          {selected.kind} #{selected.id}
        </strong>
        <span className="dim">{timeText(selected.time)} s</span>
      </header>
      <p className="trace-full">{selected.text}</p>
      <div className="trace-links">
        {linksOf(workbench, selected).map(({ title, go }) => (
          <button key={title} type="button" className="link" onClick={go}>
            {title}
          </button>
        ))}
      </div>
      {chain !== undefined && (
        <>
          <ChainList title="Caused by" rows={chain.causes} indent />
          <ChainList title="Led to" rows={chain.effects} more={chain.more} />
        </>
      )}
    </aside>
  );
}

function ChainList(props: {
  readonly title: string;
  readonly rows: readonly TraceRow[];
  readonly indent?: boolean;
  readonly more?: boolean;
}): ReactElement {
  const { trace } = useWorkbench();
  return (
    <section>
      <h3>{props.title}</h3>
      {props.rows.length === 0 && <p className="empty">nothing</p>}
      <ul>
        {props.rows.map((row, depth) => (
          <li key={row.id}>
            <button
              type="button"
              className={classes('trace-step', row.bad && 'is-bad')}
              style={{ paddingLeft: 8 + (props.indent === true ? Math.min(depth, 8) * 8 : 0) }}
              title={row.text}
              onClick={() => trace.selectId(row.id)}
            >
              <span className="trace-step-id">#{row.id}</span>
              <span className="trace-step-text">
                {row.bad && '✘ '}
                {row.text}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {props.more === true && <p className="empty">and more</p>}
    </section>
  );
}
