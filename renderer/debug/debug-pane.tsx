// The DEBUG panel: variables, watch, call stack and breakpoints, one below the other.

import type { ReactElement, ReactNode } from 'react';
import { useState } from 'react';
import type { DebugFrame } from '../../sim/protocol/debug.ts';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { BreakpointList } from './breakpoint-list.tsx';
import { stopText } from './stop-text.ts';
import { VariableTree } from './variable-tree.tsx';

/** Everything about the script that is debugged. */
export function DebugPane(): ReactElement {
  return (
    <div className="debug-pane">
      <StopLine />
      <Section title="Variables">
        <Variables />
      </Section>
      <Section title="Watch">
        <Watch />
      </Section>
      <Section title="Call Stack">
        <CallStack />
      </Section>
      <Section title="Breakpoints">
        <BreakpointList />
      </Section>
    </div>
  );
}

function Section({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactElement {
  const [open, setOpen] = useState(true);
  return (
    <section className="debug-section" aria-label={title}>
      <button
        type="button"
        className="debug-heading"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? 'down' : 'up'} /> {title}
      </button>
      {open && children}
    </section>
  );
}

/** Why the script stands still; an exception with its message. */
function StopLine(): ReactElement | null {
  const { debug } = useWorkbench();
  const stop = useStore(debug.stop);
  if (stop === undefined) {
    return null;
  }
  return (
    <p
      className={classes('debug-stop', stop.reason === 'exception' && 'is-exception')}
      role="status"
    >
      {stopText(stop)}
    </p>
  );
}

function Variables(): ReactElement {
  const { debug } = useWorkbench();
  const scopes = useStore(debug.scopes);
  const state = useStore(debug.state);
  if (scopes.length === 0) {
    return (
      <p className="empty debug-empty">
        {state === 'running' ? 'The script runs.' : 'Shown while a script stands still.'}
      </p>
    );
  }
  return (
    <>
      {scopes.map(({ name, reference, variables }) => (
        <div key={reference} className="debug-scope">
          <h3>{name}</h3>
          <VariableTree variables={variables} owner={reference} />
        </div>
      ))}
    </>
  );
}

function Watch(): ReactElement {
  const { debug } = useWorkbench();
  const watches = useStore(debug.watches);
  const [text, setText] = useState('');
  return (
    <>
      {watches.map(({ expression, answer }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same expression may be watched twice
        <div key={index} className="debug-watch">
          <div className="debug-watch-value">
            <VariableTree
              owner={0}
              variables={[
                {
                  name: expression,
                  value: answer?.value ?? 'not available',
                  type: answer?.ok === false ? 'error' : (answer?.type ?? ''),
                  reference: answer?.reference ?? 0,
                  writable: false,
                },
              ]}
            />
          </div>
          <button
            type="button"
            className="icon-button"
            aria-label={`Remove ${expression}`}
            onClick={() => debug.unwatch(index)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <input
        className="debug-add"
        aria-label="Expression to watch"
        placeholder="Watch an expression"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && text.trim() !== '') {
            debug.watch(text.trim());
            setText('');
          }
        }}
      />
    </>
  );
}

function CallStack(): ReactElement {
  const { debug, layout, editors, notice } = useWorkbench();
  const stop = useStore(debug.stop);
  const selected = useStore(debug.frame);
  const document = useStore(debug.document);
  if (stop === undefined) {
    return <p className="empty debug-empty">Shown while a script stands still.</p>;
  }
  const choose = ({ id, line, column }: DebugFrame): void => {
    if (document !== undefined) {
      layout.show(document);
      editors.focus(document, { line, column });
    }
    if (id !== undefined) {
      debug.select(id).catch((error: Error) => notice.set(error.message));
    }
  };
  return (
    <ul>
      {stop.frames.map((frame, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: frames have no other identity
        <li key={index}>
          {frame.kind === 'reason' ? (
            <span className="debug-reason">{frame.name}</span>
          ) : (
            <button
              type="button"
              className={classes(
                'row debug-frame',
                frame.id === selected && 'current',
                frame.kind === 'async' && 'is-async',
              )}
              aria-current={frame.id === selected ? 'true' : undefined}
              onClick={() => choose(frame)}
            >
              <span className="debug-name">
                {frame.kind === 'async' ? `await ${frame.name}` : frame.name}
              </span>
              <span className="dim">{frame.line}</span>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
