// Small pieces that several views are made of.

import type { FocusEvent, ReactElement, ReactNode } from 'react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { FieldDto, WriterDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWithKey } from '../commands/use-key.ts';
import { useWorkbench } from '../workbench/context.ts';
import { showMemory, showWriter } from './actions.ts';
import type { Change } from './changes.ts';
import { groupedHex } from './memory-view.ts';
import type { View } from './view.ts';

/** What scrolls must be reached by keys. */
export const SCROLLS = { tabIndex: 0 } as const;

/** Keeps a view fresh while the component is shown. */
export function useFollow(view: View): void {
  useEffect(() => {
    const followed = view.follow();
    return () => followed.dispose();
  }, [view]);
}

/** A panel of the inspector: its bar, then its content or why there is none. */
export function Pane(props: {
  readonly name: string;
  readonly label: string;
  readonly view: View;
  /** What to say when there is nothing to show though a session answered. */
  readonly empty?: string | undefined;
  readonly bar?: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  const { session, debug } = useWorkbench();
  const hint = useWithKey('Run a script', 'debug.start');
  const { state } = useStore(session.info);
  const debugged = useStore(debug.state);
  const ran = useStore(session.ran);
  const problem = useStore(props.view.problem);
  const runs = (state === 'running' || state === 'stopping') && debugged !== 'stopped';
  const reason =
    ran === undefined
      ? `${hint}: what the hardware holds then is shown here.`
      : runs && problem !== undefined
        ? 'The hardware is shown as soon as the script pauses or ends.'
        : (problem ?? props.empty);
  const keeper = useKeptFocus();
  return (
    <section
      {...keeper}
      className={classes('inspector', `inspector-${props.name}`)}
      aria-label={props.label}
    >
      {props.bar !== undefined && <div className="inspector-bar">{props.bar}</div>}
      {runs && ran !== undefined && reason === undefined && (
        <p className="inspector-note">▶ The script runs; this is as of its last pause.</p>
      )}
      {reason === undefined ? (
        props.children
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the panel must be reachable when empty
        <p className="empty inspector-empty" tabIndex={0}>
          {reason}
        </p>
      )}
    </section>
  );
}

/** What had the keyboard may be gone after a refresh: the first stop of the panel takes over then. */
function useKeptFocus() {
  const panel = useRef<HTMLElement>(null);
  const last = useRef<HTMLElement>(undefined);
  useLayoutEffect(() => {
    if (last.current?.isConnected === false && document.activeElement === document.body) {
      panel.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    }
  });
  return {
    ref: panel,
    onFocusCapture: (event: FocusEvent) => {
      last.current = event.target as HTMLElement;
    },
  };
}

/** A button that reads as a link. */
export function Link(props: {
  readonly onClick: () => void;
  readonly title?: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <button type="button" className="link" title={props.title} onClick={props.onClick}>
      {props.children}
    </button>
  );
}

/** A physical address that opens the memory view. */
export function AddressLink({ pa }: { readonly pa: bigint }): ReactElement {
  const workbench = useWorkbench();
  return (
    <Link title="Show this memory" onClick={() => showMemory(workbench, pa)}>
      {groupedHex(pa)}
    </Link>
  );
}

/** Who wrote something, and a way there. */
export function Writer({ writer }: { readonly writer: WriterDto | undefined }): ReactElement {
  const workbench = useWorkbench();
  const ran = useStore(workbench.session.ran);
  if (writer === undefined) {
    return <span className="dim">not by the script</span>;
  }
  return (
    <span className="writer">
      <Link title="Go to this line" onClick={() => showWriter(workbench, writer)}>
        {ran?.name ?? 'line'}:{writer.line}
      </Link>{' '}
      <code>{writer.call}</code>
    </span>
  );
}

/** The sign of a change; the word is for those who hear it. */
export function ChangeSign({ change }: { readonly change: Change | undefined }): ReactElement {
  const sign = change === undefined ? '' : change.kind === 'new' ? '+' : 'Δ';
  return (
    <span className="change-sign">
      <span aria-hidden="true">{sign}</span>
      {change !== undefined && <span className="visually-hidden">{change.kind} </span>}
    </span>
  );
}

/**
 * All fields with bits, value and meaning; changed ones are marked with what they were. Without `known`
 * nobody has seen the values: only the layout is told.
 */
export function FieldTable(props: {
  readonly label: string;
  readonly fields: readonly FieldDto[];
  readonly change: Change | undefined;
  readonly known?: boolean;
  /** What stands before the other value of a marked field. */
  readonly beside?: string;
}): ReactElement {
  return (
    <table className="fields">
      <caption className="visually-hidden">Fields of {props.label}</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Bits</th>
          <th scope="col">Value</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {props.fields.map((field) => (
          <Field
            key={`${field.name}:${field.lo}`}
            field={props.known === false ? layoutOnly(field) : field}
            change={props.change}
            beside={props.beside ?? 'was'}
          />
        ))}
      </tbody>
    </table>
  );
}

function layoutOnly({ meaning: _meaning, ...field }: FieldDto): FieldDto {
  return { ...field, text: '–' };
}

function Field(props: {
  readonly field: FieldDto;
  readonly change: Change | undefined;
  readonly beside: string;
}): ReactElement {
  const { name, hi, lo, text, meaning, legal, doc } = props.field;
  const was = props.change?.before.get(name);
  const zero = text === '0' || text === '0x0' || text === '–';
  return (
    <tr className={classes(was !== undefined && 'is-changed', zero && 'is-zero')}>
      <th scope="row">
        <ChangeSign change={was === undefined ? undefined : props.change} />
        {name}
      </th>
      <td>{hi === lo ? `[${lo}]` : `[${hi}:${lo}]`}</td>
      <td className="field-value">
        {text}
        {was !== undefined && (
          <span className="was">
            {' '}
            {props.beside} {was}
          </span>
        )}
      </td>
      <td className="field-meaning">
        {meaning}
        {meaning !== undefined && doc !== undefined && <br />}
        {doc !== undefined && <span className="dim">{doc}</span>}
        {legal !== undefined && <div className="dim">legal: {legal}</div>}
      </td>
    </tr>
  );
}

/** Words in memory, and beside them what the SMMU read where that was something else. */
export function Words(props: {
  readonly title: string;
  readonly words: readonly string[];
  readonly cached: readonly string[] | undefined;
}): ReactElement {
  const { title, words, cached } = props;
  return (
    <table className="words">
      <caption className="visually-hidden">Words of {title}</caption>
      <thead>
        <tr>
          <th scope="col">Offset</th>
          <th scope="col">Memory</th>
          {cached !== undefined && <th scope="col">As the SMMU read it</th>}
        </tr>
      </thead>
      <tbody>
        {words.map((word, at) => {
          const differs = cached !== undefined && cached[at] !== word;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word is its offset
            <tr key={at} className={classes(differs && 'is-stale')}>
              <th scope="row">+0x{(at * 8).toString(16).padStart(2, '0')}</th>
              <td>{word}</td>
              {cached !== undefined && (
                <td>
                  {differs ? '≠ ' : '= '}
                  {cached[at]}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
