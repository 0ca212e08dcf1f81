// INTERRUPTS: the lines and MSIs with how they are set up, the newest that came, and of the selected one
// what led to it and what its handler did.

import type { ReactElement } from 'react';
import type { InterruptDto, RecordLineDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { showWriter } from './actions.ts';
import { setupText } from './interrupts-view.ts';
import { Link, Pane, SCROLLS, useFollow, Writer } from './parts.tsx';
import type { AnswerOf } from './view.ts';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

/** The interrupts. */
export function InterruptsPane(): ReactElement {
  const { interrupts: view } = useWorkbench().inspector;
  useFollow(view);
  const sources = useStore(view.sources);
  const shown = useStore(view.shown);
  const interrupts = useStore(view.interrupts).filter(
    ({ source }) => shown === undefined || source === shown,
  );
  const selected = useStore(view.selected);
  const newFrom = useStore(view.newFrom);
  const story = useStore(view.story);
  const index = interrupts.findIndex(({ record }) => record === selected);
  const current = interrupts[index];
  const total = sources.reduce((sum, { raised, messages }) => sum + raised + messages, 0);
  return (
    <Pane
      name="interrupts"
      label="Interrupts"
      view={view}
      bar={
        <>
          <SourceButton
            title={`all ${total}`}
            pressed={shown === undefined}
            onClick={() => view.show(undefined)}
          />
          {sources.map(({ name, raised, messages }) => (
            <SourceButton
              key={name}
              title={`${name} ${raised + messages}`}
              pressed={shown === name}
              onClick={() => view.show(name)}
            />
          ))}
        </>
      }
    >
      {sources
        .filter(({ name }) => name === shown)
        .map((source) => (
          <p key={source.name} className="inspector-note">
            {setupText(source)}
          </p>
        ))}
      {interrupts.length === 0 && <p className="inspector-note">None came yet.</p>}
      <VirtualList
        role="listbox"
        label="Interrupts, newest first"
        count={interrupts.length}
        selected={index}
        select={(at) => view.select(interrupts[at]?.record)}
        row={(at) => rowOf(interrupts[at], newFrom)}
      />
      {current !== undefined && <Interrupt interrupt={current} story={story} />}
    </Pane>
  );
}

function SourceButton(props: {
  readonly title: string;
  readonly pressed: boolean;
  readonly onClick: () => void;
}): ReactElement {
  return (
    <button
      type="button"
      className={classes('bar-button', props.pressed && 'is-pressed')}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      {props.title}
    </button>
  );
}

function rowOf(interrupt: InterruptDto | undefined, newFrom: number | undefined): ListRow {
  if (interrupt === undefined) {
    return { content: '' };
  }
  const { record, time, source, way, state, why } = interrupt;
  const isNew = newFrom !== undefined && record >= newFrom;
  const wrong = state === 'no handler' || state === 'aborted';
  return {
    className: classes(isNew && 'is-changed', wrong && 'is-invalid'),
    content: (
      <span className="columns">
        <span className="change-sign">
          <span aria-hidden="true">{isNew ? '+' : ''}</span>
          {isNew && <span className="visually-hidden">new </span>}
        </span>{' '}
        <span className="entry-time">{time}</span>{' '}
        <span className="interrupt-source">{source}</span> <span>{way}</span>{' '}
        <span className="state-word">
          {wrong ? '✘ ' : state === 'pending' ? '… ' : ''}
          {state}
        </span>{' '}
        <span className="tree-text">{why}</span>
      </span>
    ),
  };
}

function Interrupt(props: {
  readonly interrupt: InterruptDto;
  readonly story: AnswerOf<'interrupt'> | undefined;
}): ReactElement {
  const { source, way, state, time, writer } = props.interrupt;
  const { causes = [], effects = [], more = 0 } = props.story ?? {};
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label={`About ${source} at ${time} ns`}>
      <h2>
        {source} <span className="detail-text">{way}</span>
      </h2>
      <dl>
        <dt>State</dt>
        <dd>{state}</dd>
        <dt>When</dt>
        <dd>{time} ns</dd>
        <dt>Caused by</dt>
        <dd>
          <Writer writer={writer} />
        </dd>
      </dl>
      <h3>What led to it</h3>
      <Records lines={causes} />
      <h3>What its handler did</h3>
      {effects.length === 0 ? (
        <p className="dim">No handler ran for it.</p>
      ) : (
        <Records lines={effects} />
      )}
      {more > 0 && <p className="dim">and {more} more records</p>}
    </section>
  );
}

function Records({ lines }: { readonly lines: readonly RecordLineDto[] }): ReactElement {
  const workbench = useWorkbench();
  return (
    <ol className="record-lines">
      {lines.map(({ record, text, line }) => (
        <li key={record}>
          <code>{text}</code>
          {line !== undefined && (
            <>
              {' '}
              <Link
                title="Go to this line"
                onClick={() => showWriter(workbench, { line, column: 1 })}
              >
                line {line}
              </Link>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
