// TABLES: the structures in memory as a tree, and below it everything about the selected one.

import type { ReactElement } from 'react';
import { useState } from 'react';
import type { NodeDto, NodeState } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { focusSoon } from './actions.ts';
import type { Change } from './changes.ts';
import {
  AddressLink,
  ChangeSign,
  FieldTable,
  Pane,
  SCROLLS,
  useFollow,
  Words,
  Writer,
} from './parts.tsx';
import { fieldsOf, sectionOf } from './structure-fields.ts';
import type { TablesView, TreeRow } from './tables-view.ts';
import { parseStream } from './tables-view.ts';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

const SIGNS: Readonly<Record<NodeState, string>> = {
  ok: '✓',
  invalid: '✘',
  stale: '≠',
  abort: '⊘',
};
const STATE_WORDS: Readonly<Record<NodeState, string>> = {
  ok: 'ok',
  invalid: 'invalid',
  stale: 'stale: memory has changed since the SMMU read it',
  abort: 'abort',
};

/** The tree and the selected structure. */
export function TablesPane(): ReactElement {
  const { inspector } = useWorkbench();
  const { tables } = inspector;
  useFollow(tables);
  const rows = useStore(tables.rows);
  const selected = useStore(tables.selected);
  const changes = useStore(tables.changes);
  const index = rows.findIndex(({ key }) => key === selected);
  const current = rows[index];
  const empty =
    rows.length === 0 ? 'No stream has an entry: the Stream table is not set up yet.' : undefined;
  return (
    <Pane name="tables" label="Tables" view={tables} empty={empty} bar={<GoTo tables={tables} />}>
      <VirtualList
        role="tree"
        label="Structures in memory"
        count={rows.length}
        selected={index}
        select={(at) => tables.select(rows[at]?.key ?? '')}
        row={(at) => rowOf(rows[at], changes, tables)}
        onKey={(key) => treeKey(tables, key)}
        onOpen={(at) => toggleRow(tables, rows[at])}
      />
      {current !== undefined && <Structure node={current.node} change={changes.get(current.key)} />}
    </Pane>
  );
}

/** A box that finds an STE or a CD among a million. */
function GoTo({ tables }: { readonly tables: TablesView }): ReactElement {
  const [text, setText] = useState('');
  const [missing, setMissing] = useState<string>();
  const parsed = parseStream(text);
  const submit = async (): Promise<void> => {
    if (parsed !== undefined) {
      const found = await tables.goTo(parsed.sid, parsed.ssid);
      setMissing(found ? undefined : text);
      if (found) {
        focusSoon('.inspector-tables [tabindex="0"]');
      }
    }
  };
  return (
    <form
      className="address-bar"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <input
        className="filter"
        type="text"
        aria-label="Go to StreamID and SubstreamID"
        aria-invalid={text !== '' && parsed === undefined}
        placeholder="Go to SID [SSID], e.g. 0x10 3"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <span className="inspector-count" role="status">
        {missing !== undefined && missing === text && 'not there'}
      </span>
    </form>
  );
}

/** Right opens or goes to the first child, Left closes or goes to the parent: as trees do. */
function treeKey(tables: TablesView, key: string): boolean {
  const row = tables.current;
  if (row === undefined) {
    return false;
  }
  const rows = tables.rows.value;
  switch (key) {
    case 'ArrowRight': {
      const child = rows.find(({ parent }) => parent === row.key);
      if (row.expanded && child !== undefined) {
        tables.select(child.key);
      } else {
        tables.toggle(row.key, true);
      }
      return true;
    }
    case 'ArrowLeft':
      if (row.expanded) {
        tables.toggle(row.key, false);
      } else if (row.parent !== undefined) {
        tables.select(row.parent);
      }
      return true;
    case 'Enter':
    case ' ':
      toggleRow(tables, row);
      return true;
    default:
      return false;
  }
}

function toggleRow(tables: TablesView, row: TreeRow | undefined): void {
  if (row !== undefined) {
    tables.toggle(row.key, !row.expanded);
  }
}

function rowOf(
  row: TreeRow | undefined,
  changes: ReadonlyMap<string, Change>,
  tables: TablesView,
): ListRow {
  if (row === undefined) {
    return { content: '' };
  }
  const { key, depth, node, expanded, position, siblings } = row;
  const { hasChildren, title, text, state } = node;
  return {
    level: depth + 1,
    expanded: hasChildren ? expanded : undefined,
    position,
    siblings,
    className: classes(`is-${state}`, changes.has(key) && 'is-changed'),
    content: (
      <span className="tree-row" style={{ paddingLeft: depth * 14 }}>
        <span
          className={classes('twisty', expanded && 'open')}
          aria-hidden="true"
          onClick={() => tables.toggle(key, !expanded)}
        >
          {hasChildren ? '›' : ''}
        </span>{' '}
        <span className="state-sign" aria-hidden="true">
          {SIGNS[state]}
        </span>{' '}
        <ChangeSign change={changes.get(key)} /> <span className="tree-title">{title}</span>{' '}
        <span className="tree-text">{text}</span>{' '}
        <span className={state === 'ok' ? 'visually-hidden' : 'state-word'}>{state}</span>{' '}
      </span>
    ),
  };
}

function Structure(props: {
  readonly node: NodeDto;
  readonly change: Change | undefined;
}): ReactElement {
  const { node, change } = props;
  const { title, text, state, pa } = node;
  const section = sectionOf(node);
  const fields = fieldsOf(node);
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label={`About ${title}`}>
      <h2>
        {title} <span className="detail-text">{text}</span>
      </h2>
      <dl>
        <dt>State</dt>
        <dd className={`is-${state}`}>
          {SIGNS[state]} {STATE_WORDS[state]}
        </dd>
        {pa !== undefined && (
          <>
            <dt>Address</dt>
            <dd>
              <AddressLink pa={pa} />
            </dd>
          </>
        )}
        {section !== undefined && (
          <>
            <dt>Layout</dt>
            <dd>{sourceText(section)}</dd>
          </>
        )}
        <dt>Written by</dt>
        <dd>
          <Writer writer={node.writer} />
        </dd>
      </dl>
      {node.words.length > 0 && <Words title={title} words={node.words} cached={node.cached} />}
      {fields.length > 0 && <FieldTable label={title} fields={fields} change={change} />}
    </section>
  );
}

/** Sections that start with a letter are of the Arm architecture manual, the others of the SMMU's. */
export function sourceText(section: string): string {
  return /^[A-Z]/.test(section) ? `DDI 0487 ${section}` : `IHI 0070 ${section}`;
}
