// QUEUES: each as a ring with its indices, its newest entries decoded, and what wrote them.

import type { ReactElement } from 'react';
import type { QueueDto, QueueEntryDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';
import { explainEvent } from './actions.ts';
import { Pane, SCROLLS, useFollow, Writer } from './parts.tsx';
import { ringText } from './queues-view.ts';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

/** The queues. */
export function QueuesPane(): ReactElement {
  const workbench = useWorkbench();
  const { queues: view } = workbench.inspector;
  useFollow(view);
  const queues = useStore(view.queues);
  const shown = useStore(view.shown);
  const selected = useStore(view.selected);
  const newFrom = useStore(view.newFrom).get(shown);
  const queue = queues.find(({ name }) => name === shown);
  const entries = queue?.entries ?? [];
  const index = entries.findIndex(({ number }) => number === selected);
  const current = entries[index];
  return (
    <Pane
      name="queues"
      label="Queues"
      view={view}
      bar={queues.map((one) => (
        <button
          key={one.name}
          type="button"
          className={classes('bar-button', one.name === shown && 'is-pressed')}
          aria-pressed={one.name === shown}
          onClick={() => view.show(one.name)}
        >
          {one.name} {one.size === 0 ? '–' : one.total}
        </button>
      ))}
    >
      {queue !== undefined && <Ring queue={queue} />}
      <VirtualList
        role="listbox"
        label={`Entries of ${shown}, newest first`}
        count={entries.length}
        selected={index}
        select={(at) => view.selected.set(entries[at]?.number)}
        row={(at) => rowOf(entries[at], newFrom)}
        onKey={(key) => key === 'Enter' && explain(workbench, current)}
        onOpen={(at) => explain(workbench, entries[at])}
      />
      {current !== undefined && <Entry entry={current} />}
    </Pane>
  );
}

function explain(workbench: WorkbenchModel, entry: QueueEntryDto | undefined): boolean {
  if (entry?.event === undefined) {
    return false;
  }
  explainEvent(workbench, entry.event);
  return true;
}

function Ring({ queue }: { readonly queue: QueueDto }): ReactElement {
  const { prod, cons, size } = queue;
  return (
    <p className="inspector-note">
      PROD {prod} CONS {cons} size {size}: {ringText(queue)}
    </p>
  );
}

function rowOf(entry: QueueEntryDto | undefined, newFrom: number | undefined): ListRow {
  if (entry === undefined) {
    return { content: '' };
  }
  const { number, name, text, state } = entry;
  const isNew = newFrom !== undefined && number >= newFrom;
  const fine = state === 'done' || state === 'recorded' || state === 'queued';
  return {
    className: classes(isNew && 'is-changed', !fine && 'is-invalid'),
    content: (
      <span className="columns">
        <span className="entry-number">{number}</span>{' '}
        <span className="change-sign">
          <span aria-hidden="true">{isNew ? '+' : ''}</span>
          {isNew && <span className="visually-hidden">new </span>}
        </span>{' '}
        <span className="entry-name">{name}</span> <span className="tree-text">{text}</span>{' '}
        <span className="state-word">
          {fine ? '' : '✘ '}
          {state}
        </span>
      </span>
    ),
  };
}

function Entry({ entry }: { readonly entry: QueueEntryDto }): ReactElement {
  const workbench = useWorkbench();
  const { number, index, name, text, words, state, writer, event } = entry;
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label={`About entry ${number}`}>
      <h2>
        {name} <span className="detail-text">entry {number}</span>
      </h2>
      {event !== undefined && (
        <button type="button" className="bar-button" onClick={() => explainEvent(workbench, event)}>
          Explain event {event}
        </button>
      )}
      <dl>
        <dt>State</dt>
        <dd>
          {state}, index {index}
        </dd>
        <dt>Caused by</dt>
        <dd>
          <Writer writer={writer} />
        </dd>
        {text !== '' && (
          <>
            <dt>Fields</dt>
            <dd>{text}</dd>
          </>
        )}
        <dt>Words</dt>
        <dd>
          {words.map((word, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word is its place
            <div key={at}>{word}</div>
          ))}
        </dd>
      </dl>
    </section>
  );
}
