// Which records are shown: by stream, and by kind.

import type { ReactElement } from 'react';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';

/** Kinds that answer a common question, by the name of the choice. */
const PRESETS: readonly {
  readonly title: string;
  readonly kinds: readonly string[] | undefined;
}[] = [
  { title: 'all kinds', kinds: undefined },
  { title: 'calls', kinds: ['call', 'return'] },
  { title: 'commands', kinds: ['command', 'mmio_write'] },
  {
    title: 'walks and DMA',
    kinds: [
      'fetch',
      'cache',
      'descriptor_update',
      'tlb_entry',
      'walk_entry',
      'atc_entry',
      'dma',
      'ats',
    ],
  },
  { title: 'faults', kinds: ['event', 'event_result', 'ppr', 'stall', 'irq', 'diagnostic'] },
  { title: 'writes', kinds: ['mem_write', 'alloc', 'free', 'mmio_write'] },
  { title: 'log', kinds: ['log', 'diagnostic'] },
];

/** Title of a choice that is none of the presets. */
const OWN = 'own choice';

/** The filters. */
export function TraceFilters(): ReactElement {
  const { trace } = useWorkbench();
  const head = useStore(trace.head);
  const filter = useStore(trace.filter);
  const streams = head?.streams ?? [];
  const { kinds, stream } = filter;
  const preset = PRESETS.find((one) => same(kinds, one.kinds));
  const setKinds = (wanted: readonly string[] | undefined): void =>
    trace.setFilter({
      ...(wanted === undefined ? {} : { kinds: wanted }),
      ...(stream === undefined ? {} : { stream }),
    });
  const setStream = (number: number): void =>
    trace.setFilter({
      ...(kinds === undefined ? {} : { kinds }),
      ...(number === 0 ? {} : { stream: number }),
    });
  return (
    <>
      <select
        className="trace-streams"
        aria-label="Kinds of records"
        value={preset?.title ?? OWN}
        onChange={({ target }) =>
          setKinds(PRESETS.find(({ title }) => title === target.value)?.kinds)
        }
      >
        {PRESETS.map(({ title }) => (
          <option key={title}>{title}</option>
        ))}
        {preset === undefined && <option>{OWN}</option>}
      </select>
      <KindMenu kinds={kinds} setKinds={setKinds} />
      <select
        className="trace-streams"
        aria-label="Stream"
        value={stream ?? 0}
        onChange={(event) => setStream(Number(event.target.value))}
      >
        <option value={0}>all streams</option>
        {streams.map(({ number, title }) => (
          <option key={number} value={number}>
            {title}
          </option>
        ))}
      </select>
    </>
  );
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.join() === b.join());
}

/** Every kind that occurs, one by one. */
function KindMenu(props: {
  readonly kinds: readonly string[] | undefined;
  readonly setKinds: (kinds: readonly string[] | undefined) => void;
}): ReactElement {
  const { trace } = useWorkbench();
  const all = (useStore(trace.head)?.kinds ?? []).map(({ name }) => name);
  const records = new Map(trace.head.value?.kinds.map((kind) => [kind.name, kind.records]));
  const chosen = props.kinds ?? all;
  const toggle = (name: string): void => {
    const next = all.filter((kind) => (kind === name) !== chosen.includes(kind));
    props.setKinds(next.length === all.length ? undefined : next);
  };
  return (
    <details className="trace-kinds">
      <summary className="bar-button">Kinds…</summary>
      <div className="trace-kind-list">
        {all.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
            {name} <span className="dim">{records.get(name)}</span>
          </label>
        ))}
      </div>
    </details>
  );
}
