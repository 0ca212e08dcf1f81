// CACHES: what the SMMU and the devices hold of tables in memory, and where it is no longer what memory
// says.

import type { ReactElement } from 'react';
import type {
  CacheCopyDto,
  CacheEntryDto,
  CacheName,
  CacheRowDto,
  CacheState,
} from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { CachesView } from './caches-view.ts';
import { AddressLink, FieldTable, Pane, SCROLLS, useFollow, Words, Writer } from './parts.tsx';
import { sourceText } from './tables-pane.tsx';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

const SIGNS: Readonly<Record<CacheState, string>> = {
  fresh: '✓',
  stale: '≠',
  freed: '≠',
  unsure: '?',
};
const STATE_WORDS: Readonly<Record<CacheState, string>> = {
  fresh: 'as memory has it',
  stale: 'stale: memory has changed since, and nothing invalidated the entry',
  freed: 'stale: the page that it was read from was given back since',
  unsure: 'unsure: a device wrote to the page since, the trace does not say what',
};
const CACHE_TITLES: Readonly<Record<CacheName, string>> = {
  STE: 'STEs',
  CD: 'CDs',
  TLB: 'TLB',
  walk: 'walk cache',
  ATC: 'ATCs of devices',
  L1STD: 'L1STDs',
  L1CD: 'L1CDs',
};
const ALL = 'all';

/** The caches. */
export function CachesPane(): ReactElement {
  const { caches: view } = useWorkbench().inspector;
  useFollow(view);
  const caches = useStore(view.caches);
  const selected = useStore(view.selected);
  const newFrom = useStore(view.newFrom);
  const entry = useStore(view.entry);
  const { rows = [], from = 0, matching = 0, note } = caches ?? {};
  const at = rows.findIndex(({ id }) => id === selected);
  const cached = (caches?.caches ?? []).reduce((sum, { entries }) => sum + entries, 0);
  return (
    <Pane name="caches" label="Caches" view={view} bar={<CachesBar view={view} />}>
      {note !== undefined && <p className="inspector-note">{note}</p>}
      {matching === 0 && note === undefined && (
        <p className="inspector-note">
          {cached === 0 ? 'Nothing is cached.' : `None of ${cached} entries is one of these.`}
        </p>
      )}
      <VirtualList
        role="listbox"
        label={`Entries of the caches, ${matching}`}
        count={matching}
        selected={at < 0 ? -1 : from + at}
        select={(index) => view.select(rows[index - from]?.id)}
        row={(index) => rowOf(rows[index - from], newFrom)}
        onRange={(first, last) => view.reveal(first, last)}
      />
      {entry !== undefined && <Entry entry={entry} />}
    </Pane>
  );
}

function CachesBar({ view }: { readonly view: CachesView }): ReactElement {
  const caches = useStore(view.caches)?.caches ?? [];
  const shown = useStore(view.shown);
  const filter = useStore(view.filter);
  const staleOnly = useStore(view.staleOnly);
  const stale = caches.reduce((sum, one) => sum + one.stale, 0);
  return (
    <>
      <select
        className="filter-choice"
        aria-label="Cache"
        value={shown ?? ALL}
        onChange={({ target }) =>
          view.show(target.value === ALL ? undefined : (target.value as CacheName))
        }
      >
        <option value={ALL}>all caches</option>
        {caches.map(({ name, entries }) => (
          <option key={name} value={name}>
            {CACHE_TITLES[name]} {entries}
          </option>
        ))}
      </select>
      <input
        className="filter"
        type="text"
        aria-label="Filter entries"
        placeholder="Filter: sid 0x10, ssid 1, asid 2, vmid 0, stage 1, 0x7000_0000, FROM..TO"
        value={filter}
        onChange={(event) => view.setFilter(event.target.value)}
      />
      <button
        type="button"
        className={classes('bar-button', staleOnly && 'is-pressed')}
        aria-pressed={staleOnly}
        onClick={() => view.setStaleOnly(!staleOnly)}
      >
        <span aria-hidden="true">≠</span> stale {stale}
      </button>
    </>
  );
}

function rowOf(row: CacheRowDto | undefined, newFrom: number | undefined): ListRow {
  if (row === undefined) {
    return { content: '' };
  }
  const { cache, key, text, state, record } = row;
  const isNew = newFrom !== undefined && record >= newFrom;
  const wrong = state === 'stale' || state === 'freed';
  return {
    className: classes(isNew && 'is-changed', wrong ? 'is-stale' : 'is-ok'),
    content: (
      <span className="columns">
        <span className="state-sign" aria-hidden="true">
          {SIGNS[state]}
        </span>{' '}
        <span className="change-sign">
          <span aria-hidden="true">{isNew ? '+' : ''}</span>
          {isNew && <span className="visually-hidden">new </span>}
        </span>{' '}
        <span className="cache-name">{cache}</span> <span className="cache-key">{key}</span>{' '}
        <span className="tree-text">{text}</span>{' '}
        <span className={state === 'fresh' ? 'visually-hidden' : 'state-word'}>{state}</span>
      </span>
    ),
  };
}

function Entry({ entry }: { readonly entry: CacheEntryDto }): ReactElement {
  const { cache, key, state, facts, copies, record, time, writer } = entry;
  const wrong = state === 'stale' || state === 'freed';
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label={`About ${cache} ${key}`}>
      <h2>
        {cache} {key}
      </h2>
      <dl>
        <dt>State</dt>
        <dd className={classes(wrong && 'is-stale')}>
          {SIGNS[state]} {STATE_WORDS[state]}
        </dd>
        {facts.map(({ name, text }) => (
          <Fact key={name} name={name} text={text} />
        ))}
        <dt>Brought in by</dt>
        <dd>
          <Writer writer={writer} />
        </dd>
        <dt>When</dt>
        <dd>
          record {record}, {time} ns
        </dd>
      </dl>
      {copies.map((copy) => (
        <CopyOfMemory key={copy.title} copy={copy} />
      ))}
    </section>
  );
}

function Fact({ name, text }: { readonly name: string; readonly text: string }): ReactElement {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}

/** What was read, and beside it what is there now where that differs. */
function CopyOfMemory({ copy }: { readonly copy: CacheCopyDto }): ReactElement {
  const { title, pa, section, cached, memory, fields, differs, writer } = copy;
  const same = cached.every((word, at) => word === memory[at]);
  const before = new Map(differs.map(({ name, text }) => [name, text]));
  return (
    <>
      <h3>{title}</h3>
      <dl>
        <dt>Read from</dt>
        <dd>
          <AddressLink pa={pa} />, layout {sourceText(section)}
        </dd>
        <dt>Memory written by</dt>
        <dd>
          <Writer writer={writer} />
        </dd>
      </dl>
      <Words title={title} words={memory} cached={same ? undefined : cached} />
      <FieldTable
        label={title}
        fields={fields}
        change={before.size === 0 ? undefined : { kind: 'changed', before }}
        beside="memory has"
      />
    </>
  );
}
