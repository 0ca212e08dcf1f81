// REGISTERS: all of them by offset, a filter, and below the list the fields of the selected one.

import type { ReactElement } from 'react';
import type { RegisterDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { Change } from './changes.ts';
import { ChangeSign, FieldTable, Pane, SCROLLS, useFollow, Writer } from './parts.tsx';
import { matchingRegisters } from './registers-view.ts';
import { sourceText } from './tables-pane.tsx';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

/** The registers. */
export function RegistersPane(): ReactElement {
  const { registers: view } = useWorkbench().inspector;
  useFollow(view);
  const filter = useStore(view.filter);
  const shown = matchingRegisters(useStore(view.registers), filter);
  const selected = useStore(view.selected);
  const changes = useStore(view.changes);
  const index = shown.findIndex(({ name }) => name === selected);
  const current = shown[index];
  return (
    <Pane
      name="registers"
      label="Registers"
      view={view}
      bar={
        <input
          className="filter"
          type="text"
          aria-label="Filter registers"
          placeholder="Filter: name, 0x offset or section"
          value={filter}
          onChange={(event) => view.filter.set(event.target.value)}
        />
      }
    >
      <VirtualList
        role="listbox"
        label="Registers by offset"
        count={shown.length}
        selected={index}
        select={(at) => view.selected.set(shown[at]?.name)}
        row={(at) => rowOf(shown[at], changes)}
      />
      {current !== undefined && <Register register={current} change={changes.get(current.name)} />}
    </Pane>
  );
}

function rowOf(register: RegisterDto | undefined, changes: ReadonlyMap<string, Change>): ListRow {
  if (register === undefined) {
    return { content: '' };
  }
  const { name, offset, value } = register;
  const change = changes.get(name);
  return {
    className: classes(change !== undefined && 'is-changed', value === undefined && 'is-zero'),
    content: (
      <span className="columns">
        <span className="register-offset">0x{offset.toString(16).padStart(5, '0')}</span>{' '}
        <ChangeSign change={change} /> <span className="register-name">{name}</span>{' '}
        <span className="register-value">
          {value ?? '–'}
          {value === undefined && <span className="visually-hidden">never touched</span>}
        </span>
      </span>
    ),
  };
}

const ACCESS_WORDS: Readonly<Record<string, string>> = {
  RO: 'read-only',
  RW: 'read and write',
  WO: 'write-only',
};

function Register(props: {
  readonly register: RegisterDto;
  readonly change: Change | undefined;
}): ReactElement {
  const { name, width, access, section, value, writer, fields } = props.register;
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label={`About ${name}`}>
      <h2>
        {name} <span className="detail-text">{value ?? 'never touched'}</span>
      </h2>
      <dl>
        <dt>Access</dt>
        <dd>
          {ACCESS_WORDS[access] ?? access}, {width} bits
        </dd>
        <dt>Layout</dt>
        <dd>{sourceText(section)}</dd>
        <dt>Written by</dt>
        <dd>
          <Writer writer={writer} />
        </dd>
      </dl>
      <FieldTable label={name} fields={fields} change={props.change} known={value !== undefined} />
    </section>
  );
}
