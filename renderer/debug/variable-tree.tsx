// Variables as a tree: parts are asked for when a line is opened, and a value is edited in place.

import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { DebugVariable } from '../../sim/protocol/debug.ts';
import { classes } from '../base/dom.ts';
import { useWorkbench } from '../workbench/context.ts';

/** Variables of one scope or object; `owner` is its reference. */
export function VariableTree({
  variables,
  owner,
  depth = 0,
}: {
  readonly variables: readonly DebugVariable[];
  readonly owner: number;
  readonly depth?: number;
}): ReactElement {
  return (
    <>
      {variables.map((variable) => (
        <VariableRow key={variable.name} variable={variable} owner={owner} depth={depth} />
      ))}
    </>
  );
}

function VariableRow({
  variable,
  owner,
  depth,
}: {
  readonly variable: DebugVariable;
  readonly owner: number;
  readonly depth: number;
}): ReactElement {
  const { debug } = useWorkbench();
  const { name, value, type, reference, writable } = variable;
  const [open, setOpen] = useState(false);
  const [editing, setEditing] = useState(false);
  const [parts, setParts] = useState<readonly DebugVariable[]>([]);
  useEffect(() => {
    let wanted = open && reference > 0;
    if (wanted) {
      debug.parts(reference).then(
        (found) => wanted && setParts(found),
        () => undefined,
      );
    }
    return () => {
      wanted = false;
    };
  }, [debug, open, reference]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const isOpening = event.key === 'ArrowRight' || event.key === 'ArrowLeft';
    if (isOpening && reference > 0) {
      setOpen(event.key === 'ArrowRight');
      event.preventDefault();
    } else if (event.key === 'F2' && writable) {
      setEditing(true);
      event.preventDefault();
    }
  };
  const indent = { paddingLeft: 8 + depth * 14 };
  return (
    <>
      {editing ? (
        <ValueField
          name={name}
          value={value}
          indent={indent.paddingLeft}
          done={async (text) => {
            setEditing(false);
            return text === undefined ? undefined : await debug.setVariable(owner, name, text);
          }}
        />
      ) : (
        <button
          type="button"
          className="row debug-variable"
          style={indent}
          title={`${name}: ${value}${type === '' ? '' : ` (${type})`}`}
          aria-expanded={reference > 0 ? open : undefined}
          onClick={() => reference > 0 && setOpen(!open)}
          onDoubleClick={() => writable && setEditing(true)}
          onKeyDown={onKeyDown}
        >
          <span className="debug-twist" aria-hidden="true">
            {reference > 0 ? (open ? '▾' : '▸') : ''}
          </span>
          <span className="debug-name">{name}</span>
          <span className={classes('debug-value', `is-${type}`)}>{value}</span>
        </button>
      )}
      {open && reference > 0 && (
        <VariableTree variables={parts} owner={reference} depth={depth + 1} />
      )}
    </>
  );
}

function ValueField({
  name,
  value,
  indent,
  done,
}: {
  readonly name: string;
  readonly value: string;
  readonly indent: number;
  readonly done: (text: string | undefined) => Promise<string | undefined>;
}): ReactElement {
  const { notice } = useWorkbench();
  const [text, setText] = useState(value.replace(/ \(0x[0-9a-f]+\)$/, ''));
  const finish = (given: string | undefined): void => {
    done(given).then(
      (wrong) => wrong !== undefined && notice.set(`${name} is not set: ${wrong}`),
      (error: Error) => notice.set(error.message),
    );
  };
  return (
    <label className="row debug-variable" style={{ paddingLeft: indent }}>
      <span className="debug-twist" />
      <span className="debug-name">{name}</span>
      <input
        className="debug-edit"
        aria-label={`New value of ${name}`}
        // biome-ignore lint/a11y/noAutofocus: the field replaces the line that was just activated
        autoFocus
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => finish(undefined)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Enter') {
            finish(text);
          } else if (event.key === 'Escape') {
            finish(undefined);
          }
        }}
      />
    </label>
  );
}
