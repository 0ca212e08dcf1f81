// MEMORY: words from an address on, and every write to the selected one.

import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import type { MemoryDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { HistoryLine } from './history-line.tsx';
import { groupedHex, parseAddress } from './memory-view.ts';
import { Pane, SCROLLS, useFollow } from './parts.tsx';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

/** Memory from the chosen address on. */
export function MemoryPane(): ReactElement {
  const { memory: view } = useWorkbench().inspector;
  useFollow(view);
  const memory = useStore(view.memory);
  const selected = useStore(view.selected);
  const changed = useStore(view.changed);
  const address = useStore(view.address);
  const rows = memory?.rows ?? [];
  const index = rows.findIndex(({ pa }) => pa === selected);
  return (
    <Pane
      name="memory"
      label="Memory"
      view={view}
      bar={<AddressBar />}
      empty={
        address === undefined
          ? 'Type a physical address, or follow one from another view.'
          : undefined
      }
    >
      <p className="inspector-note">
        As the trace has it: what the driver wrote for the SMMU. Data is not recorded.
      </p>
      <VirtualList
        role="listbox"
        label="Words of memory"
        count={rows.length}
        selected={index}
        select={(at) => rows[at] !== undefined && view.select(rows[at].pa)}
        row={(at) => rowOf(rows[at], changed)}
      />
      {index >= 0 && <History />}
    </Pane>
  );
}

function AddressBar(): ReactElement {
  const { memory: view } = useWorkbench().inspector;
  const address = useStore(view.address);
  const [text, setText] = useState('');
  useEffect(() => setText(address === undefined ? '' : groupedHex(address)), [address]);
  const parsed = parseAddress(text);
  return (
    <form
      className="address-bar"
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed !== undefined) {
          view.open(parsed);
        }
      }}
    >
      <input
        className="filter"
        type="text"
        aria-label="Physical address"
        aria-invalid={text !== '' && parsed === undefined}
        placeholder="Physical address, e.g. 0x4180_0040"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="button"
        className="icon-button"
        aria-label="Memory before"
        title="Memory before"
        disabled={address === undefined}
        onClick={() => view.page(-1)}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Memory after"
        title="Memory after"
        disabled={address === undefined}
        onClick={() => view.page(1)}
      >
        <Icon name="down" />
      </button>
    </form>
  );
}

function rowOf(
  row: MemoryDto['rows'][number] | undefined,
  changed: ReadonlyMap<bigint, string>,
): ListRow {
  if (row === undefined) {
    return { content: '' };
  }
  const { pa, word, writer } = row;
  const was = changed.get(pa);
  return {
    className: classes(was !== undefined && 'is-changed', /^0x0+$/.test(word) && 'is-zero'),
    content: (
      <span className="columns">
        <span className="memory-address">{groupedHex(pa)}</span>{' '}
        <span className="change-sign">
          <span aria-hidden="true">{was === undefined ? '' : 'Δ'}</span>
          {was !== undefined && <span className="visually-hidden">changed </span>}
        </span>{' '}
        <span className="memory-word">{word}</span>{' '}
        <span className="tree-text">
          {writer === undefined ? '' : `line ${writer.line} ${writer.call}`}
        </span>
      </span>
    ),
  };
}

function History(): ReactElement {
  const { memory: view } = useWorkbench().inspector;
  const history = useStore(view.history);
  const selected = useStore(view.selected);
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label="Writes to the selected word">
      <h2>
        {groupedHex(selected ?? 0n)} <span className="detail-text">writes, newest first</span>
      </h2>
      <ol className="history">
        {history.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: writes have no other identity
          <li key={at}>
            <HistoryLine line={line} />
          </li>
        ))}
      </ol>
    </section>
  );
}
