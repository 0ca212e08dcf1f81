// The TRACE panel: search and filters, the timeline, the list of records, and the chain of causes.

import type { ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { Disposable } from '../../sim/base/disposable.ts';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWithKey } from '../commands/use-key.ts';
import { useWorkbench } from '../workbench/context.ts';
import { showLine } from './actions.ts';
import { ChainView } from './chain-view.tsx';
import { RecordList } from './record-list.ts';
import { timeText } from './time-range.ts';
import { Timeline } from './timeline.ts';
import { TraceFilters } from './trace-filters.tsx';

/** Part of the window's height that timeline and list need, the first time. */
const ROOM = 0.5;

/** Shows the trace of the session that is shown. */
export function TracePane(): ReactElement {
  const { trace, session, layout } = useWorkbench();
  const ran = useStore(session.ran);
  const problem = useStore(trace.problem);
  const head = useStore(trace.head);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    // The dock keeps hidden panels, without a size: only who is seen may ask.
    let looking: Disposable | undefined;
    const observer = new ResizeObserver(() => {
      const seen = element.clientHeight > 0;
      if (seen && looking === undefined) {
        if (trace.firstLook) {
          layout.makeRoom(ROOM);
        }
        looking = trace.look();
      } else if (!seen) {
        looking?.dispose();
        looking = undefined;
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      looking?.dispose();
    };
  }, [trace, layout]);
  const hint = useWithKey('Run a script', 'debug.start');
  const reason =
    ran === undefined
      ? `${hint} or open a session: every step of it is shown here, with its cause.`
      : head === undefined
        ? problem
        : undefined;
  return (
    <section ref={place} className="trace" aria-label="Trace">
      <TraceBar />
      {reason === undefined ? (
        <>
          <TimelineCanvas />
          <div className="trace-split">
            <Records />
            <ChainView />
          </div>
        </>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the panel must be reachable when empty
        <p className="empty trace-empty trace-body" tabIndex={0}>
          {reason}
        </p>
      )}
    </section>
  );
}

function TraceBar(): ReactElement {
  const { trace } = useWorkbench();
  const head = useStore(trace.head);
  return (
    <div className="trace-bar">
      <SearchBox />
      <TraceFilters />
      <span className="status-space" />
      {head?.problem !== undefined && <span className="trace-dropped">▲ {head.problem}</span>}
      {head?.leftOut !== undefined && <span className="trace-count">{head.leftOut}</span>}
      {head !== undefined && head.dropped > 0 && (
        <span className="trace-dropped">▲ {head.dropped} older records dropped</span>
      )}
      {head !== undefined && (
        <span className="trace-count" title={`${timeText(head.time)} s of virtual time`}>
          {head.rows === head.records ? '' : `${count(head.rows)} of `}
          {count(head.records)} records
        </span>
      )}
    </div>
  );
}

/** With thin spaces, as large numbers read well. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

function SearchBox(): ReactElement {
  const { trace } = useWorkbench();
  const found = useStore(trace.found);
  const [text, setText] = useState('');
  const search = (backwards: boolean): void => {
    const id = /^#(\d+)$/.exec(text.trim())?.[1];
    if (id !== undefined) {
      trace.selectId(Number(id));
    } else if (text !== '') {
      trace.search(text, backwards).catch((error: Error) => trace.found.set(error.message));
    }
  };
  return (
    <search className="trace-search">
      <input
        type="text"
        className="filter"
        aria-label="Find in trace"
        placeholder="Find (text, accel.ts:39 or #id)"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            search(event.shiftKey);
          } else if (event.key === 'Escape') {
            trace.endSearch();
          }
        }}
      />
      <button
        type="button"
        className="icon-button"
        aria-label="Previous match"
        title="Previous match (Shift+Enter)"
        onClick={() => search(true)}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Next match"
        title="Next match (Enter)"
        onClick={() => search(false)}
      >
        <Icon name="down" />
      </button>
      <output className="trace-found">{found}</output>
    </search>
  );
}

const TIMELINE_HELP =
  'Timeline of the trace. Plus and minus zoom, arrows move, 0 shows all, Enter selects a record.';

function TimelineCanvas(): ReactElement {
  const { trace, theme } = useWorkbench();
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = place.current;
    if (canvas === null) {
      return;
    }
    const timeline = new Timeline(canvas, trace);
    const themed = theme.onDidChange(() => requestAnimationFrame(() => timeline.retheme()));
    return () => {
      themed.dispose();
      timeline.dispose();
    };
  }, [trace, theme]);
  return (
    <div className="trace-timeline">
      <canvas ref={place} tabIndex={0} role="img" aria-label={TIMELINE_HELP} title="" />
    </div>
  );
}

function Records(): ReactElement {
  const workbench = useWorkbench();
  const { trace } = workbench;
  const body = useRef<HTMLDivElement>(null);
  const selected = useStore(trace.selected);
  useEffect(() => {
    const element = body.current;
    if (element === null) {
      return;
    }
    const list = new RecordList(element, trace, { onOpen: (row) => showLine(workbench, row) });
    return () => list.dispose();
  }, [trace, workbench]);
  return (
    <div className="trace-records">
      <div className="trace-head" aria-hidden="true">
        <span className="trace-id">Record</span>
        <span className="trace-time">Time (s)</span>
        <span className="trace-lane">Lane</span>
        <span className="trace-text">What</span>
        <span className="trace-place">Line</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a table cannot have ten million rows */}
      <div
        ref={body}
        className="trace-body"
        role="grid"
        aria-label="Records: arrows move, Left and Right follow causes, Enter shows the line"
        aria-colcount={5}
        tabIndex={0}
      />
      <output className="visually-hidden" aria-live="polite">
        {selected === undefined
          ? ''
          : `${selected.bad ? 'problem, ' : ''}${selected.lane}, ${selected.text}${
              selected.line > 0 ? `, line ${selected.line}` : ''
            }`}
      </output>
    </div>
  );
}
