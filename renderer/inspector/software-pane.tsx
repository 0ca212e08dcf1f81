// KERNEL: devices, groups, domains, PASIDs, bonds and mdevs as the kernel has them, each with the line
// that made it; and the mappings of a domain as a map of its addresses.

import type { ReactElement, ReactNode } from 'react';
import type { IovaMapDto, SoftwareKind, SoftwareRowDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import { IovaBars } from './iova-bars.tsx';
import { groupedHex } from './memory-view.ts';
import { AddressLink, ChangeSign, Link, Pane, SCROLLS, useFollow, Writer } from './parts.tsx';
import type { SoftwareView } from './software-view.ts';
import type { ListRow } from './virtual-list.tsx';
import { VirtualList } from './virtual-list.tsx';

const TITLES: Readonly<Record<SoftwareKind, string>> = {
  devices: 'devices',
  groups: 'groups',
  domains: 'domains',
  pasids: 'PASIDs',
  bonds: 'SVA bonds',
  mdevs: 'mdevs',
};
const KINDS = Object.keys(TITLES) as readonly SoftwareKind[];

/** The objects, or a map. */
export function SoftwarePane(): ReactElement {
  const { software: view } = useWorkbench().inspector;
  useFollow(view);
  const map = useStore(view.map);
  return (
    <Pane name="software" label="Kernel" view={view} bar={<SoftwareBar view={view} />}>
      {map === undefined ? <Objects view={view} /> : <IovaMap view={view} map={map} />}
    </Pane>
  );
}

function SoftwareBar({ view }: { readonly view: SoftwareView }): ReactElement {
  const software = useStore(view.software);
  const shown = useStore(view.shown);
  const map = useStore(view.map);
  const current = useStore(view.current);
  const domain = shown === 'domains' && map === undefined ? current : undefined;
  return (
    <>
      <select
        className="filter-choice"
        aria-label="Kernel objects"
        value={shown}
        onChange={({ target }) => view.show(target.value as SoftwareKind)}
      >
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {TITLES[kind]} {software?.counts[kind] ?? ''}
          </option>
        ))}
      </select>
      {domain !== undefined && (
        <button
          type="button"
          className="bar-button"
          onClick={() => view.openMap(Number(domain.id))}
        >
          IOVA map of {domain.title}
        </button>
      )}
      {map !== undefined && (
        <button type="button" className="bar-button" onClick={() => view.closeMap()}>
          <span aria-hidden="true">‹</span> domain {map.domain}
        </button>
      )}
    </>
  );
}

function Objects({ view }: { readonly view: SoftwareView }): ReactElement {
  const software = useStore(view.software);
  const shown = useStore(view.shown);
  const at = useStore(view.at);
  const current = useStore(view.current);
  const changedFrom = useStore(view.changedFrom);
  const { rows = [], from = 0 } = software?.of === shown ? software : {};
  const total = software?.of === shown ? software.counts[shown] : 0;
  return (
    <>
      {total === 0 && software?.of === shown && (
        <p className="inspector-note">There are no {TITLES[shown]}.</p>
      )}
      <VirtualList
        role="listbox"
        label={`${TITLES[shown]}, ${total}`}
        count={total}
        selected={at}
        select={(index) => view.select(index)}
        row={(index) => rowOf(rows[index - from], changedFrom)}
        onRange={(first, last) => view.reveal(first, last)}
        onKey={(key) => key === 'Enter' && openMap(view, current)}
        onOpen={() => openMap(view, current)}
      />
      {current !== undefined && <Detail view={view} row={current} />}
    </>
  );
}

function openMap(view: SoftwareView, row: SoftwareRowDto | undefined): boolean {
  if (row === undefined || view.shown.value !== 'domains') {
    return false;
  }
  view.openMap(Number(row.id));
  return true;
}

function changeOf({ changed }: SoftwareRowDto, changedFrom: number | undefined) {
  return changedFrom !== undefined && changed >= changedFrom
    ? ({ kind: 'changed', before: new Map<string, string>() } as const)
    : undefined;
}

function rowOf(row: SoftwareRowDto | undefined, changedFrom: number | undefined): ListRow {
  if (row === undefined) {
    return { content: '' };
  }
  const change = changeOf(row, changedFrom);
  return {
    className: classes(change !== undefined && 'is-changed'),
    content: (
      <span className="columns">
        <ChangeSign change={change} /> <span className="software-title">{row.title}</span>{' '}
        <span className="tree-text">{row.text}</span>{' '}
        <span className="state-word">{row.made === undefined ? '' : `line ${row.made.line}`}</span>
      </span>
    ),
  };
}

function Detail(props: {
  readonly view: SoftwareView;
  readonly row: SoftwareRowDto;
}): ReactElement {
  const { view, row } = props;
  const { title, text, fields, made, changedBy } = row;
  return (
    <section className="inspector-detail" {...SCROLLS} aria-label={`About ${title}`}>
      <h2>
        {title} <span className="detail-text">{text}</span>
      </h2>
      <dl>
        {fields.map(({ name, text: value, links = [] }) => (
          <Fragments key={name} name={name}>
            {links.length === 0
              ? value
              : links.map((link) => (
                  <span key={`${link.of} ${link.id}`} className="software-link">
                    <Link
                      title={`Show it among the ${TITLES[link.of]}`}
                      onClick={() => view.open(link)}
                    >
                      {links.length === 1 ? value : link.id}
                    </Link>{' '}
                  </span>
                ))}
          </Fragments>
        ))}
        <Fragments name="made by">
          <Writer writer={made} />
        </Fragments>
        {changedBy !== undefined && (
          <Fragments name="changed by">
            <Writer writer={changedBy} />
          </Fragments>
        )}
      </dl>
    </section>
  );
}

function Fragments(props: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

function IovaMap(props: { readonly view: SoftwareView; readonly map: IovaMapDto }): ReactElement {
  const { view, map } = props;
  const at = useStore(view.at);
  const { from, rows, total, bytes, note } = map;
  const current = rows[at - from];
  const ranges = total === 1 ? '1 range' : `${total.toLocaleString('en-US')} ranges`;
  return (
    <>
      <p className="inspector-note">
        {note ?? `domain ${map.domain} maps ${ranges}, ${sizeText(bytes)}`}
      </p>
      <IovaBars bars={map.bars} select={(index) => view.select(index)} selected={at} />
      <VirtualList
        role="listbox"
        label={`Mappings of domain ${map.domain}, ${total}`}
        count={total}
        selected={at}
        select={(index) => view.select(index)}
        row={(index) => rangeRow(rows[index - from])}
        onRange={(first, last) => view.reveal(first, last)}
        onKey={(key) => closes(view, key)}
      />
      {current !== undefined && (
        <section className="inspector-detail" {...SCROLLS} aria-label="About this range">
          <h2>
            {groupedHex(current.iova)} <span className="detail-text">{sizeText(current.size)}</span>
          </h2>
          <dl>
            <Fragments name="IOVAs">
              {groupedHex(current.iova)} to {groupedHex(current.iova + current.size - 1n)}
            </Fragments>
            <Fragments name="memory">
              <AddressLink pa={current.pa} />
            </Fragments>
            <Fragments name="allowed">{current.prot}</Fragments>
            <Fragments name="mapped by">
              <Writer writer={current.writer} />
            </Fragments>
          </dl>
        </section>
      )}
    </>
  );
}

function closes(view: SoftwareView, key: string): boolean {
  if (key !== 'Escape') {
    return false;
  }
  view.closeMap();
  return true;
}

function rangeRow(row: IovaMapDto['rows'][number] | undefined): ListRow {
  if (row === undefined) {
    return { content: '' };
  }
  const { iova, size, pa, prot, writer } = row;
  return {
    content: (
      <span className="columns">
        <span className="software-title">{groupedHex(iova)}</span>{' '}
        <span className="range-size">{sizeText(size)}</span>{' '}
        <span className="tree-text">
          → {groupedHex(pa)} {prot}
        </span>{' '}
        <span className="state-word">{writer === undefined ? '' : `line ${writer.line}`}</span>
      </span>
    ),
  };
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `16 KiB`: the largest unit that divides it. */
export function sizeText(bytes: bigint): string {
  let unit = 0;
  let size = bytes;
  while (size > 0n && size % 1024n === 0n && unit < UNITS.length - 1) {
    size /= 1024n;
    unit++;
  }
  return `${size} ${UNITS[unit]}`;
}
