// TOPOLOGY: who reaches what, from the device to its page tables. One stop for the Tab key; the arrows go
// from box to box, Enter shows what a box stands for. Each box is an option with the same as text.

import type { HTMLAttributes, KeyboardEvent, ReactElement } from 'react';
import { useEffect, useId, useRef } from 'react';
import { TOPOLOGY_COLUMNS } from '../../sim/protocol/inspect.ts';
import { classes, copyText } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';
import { showMemory, showObject } from './actions.ts';
import { Pane, useFollow } from './parts.tsx';
import type { PlacedNode, PlacedTopology, TopologyView } from './topology-view.ts';
import { BOX, nodeText, pictureText } from './topology-view.ts';

/** Characters that fit into a box; the rest is in its title. */
const MOST_TEXT = 18;

/** The picture with its bar. */
export function TopologyPane(): ReactElement {
  const { topology: view } = useWorkbench().inspector;
  useFollow(view);
  const picture = useStore(view.picture);
  const empty =
    picture !== undefined && picture.nodes.length === 0
      ? 'The script made no device yet.'
      : undefined;
  return (
    <Pane
      name="topology"
      label="Topology"
      view={view}
      empty={empty}
      bar={<TopologyBar view={view} picture={picture} />}
    >
      {picture !== undefined && <Picture view={view} picture={picture} />}
    </Pane>
  );
}

function TopologyBar(props: {
  readonly view: TopologyView;
  readonly picture: PlacedTopology | undefined;
}): ReactElement {
  const { view, picture } = props;
  const zoom = useStore(view.zoom);
  return (
    <>
      <button
        type="button"
        className="bar-button"
        aria-label="Zoom out"
        onClick={() => view.zoomBy(-1)}
      >
        −
      </button>
      <button
        type="button"
        className="bar-button"
        title="Show it at its own size"
        onClick={() => view.zoomBy(0)}
      >
        {Math.round(zoom * 100)} %
      </button>
      <button
        type="button"
        className="bar-button"
        aria-label="Zoom in"
        onClick={() => view.zoomBy(1)}
      >
        +
      </button>
      <button
        type="button"
        className="bar-button"
        disabled={picture === undefined}
        onClick={() => copyText(picture === undefined ? '' : pictureText(picture))}
      >
        Copy as text
      </button>
    </>
  );
}

function Picture(props: {
  readonly view: TopologyView;
  readonly picture: PlacedTopology;
}): ReactElement {
  const { view, picture } = props;
  const workbench = useWorkbench();
  const selected = useStore(view.selected);
  const changed = useStore(view.changed);
  const zoom = useStore(view.zoom);
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const at = picture.nodes.findIndex((node) => node.id === selected);
  useEffect(() => scrollTo(frame.current, picture.nodes[at], zoom), [picture, at, zoom]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (handled(workbench, view, picture.nodes[at], event.key)) {
      event.preventDefault();
    }
  };
  const attributes: HTMLAttributes<HTMLDivElement> = {
    role: 'listbox',
    'aria-label': 'Devices, streams, substreams, domains and tables',
    'aria-activedescendant': at < 0 ? undefined : `${id}-${at}`,
    tabIndex: 0,
    onKeyDown,
  };
  return (
    <div ref={frame} className="topology" {...attributes}>
      <svg
        aria-hidden="true"
        width={picture.width * zoom}
        height={picture.height * zoom}
        viewBox={`0 0 ${picture.width} ${picture.height}`}
      >
        {TOPOLOGY_COLUMNS.map((name, column) => (
          <text
            key={name}
            className="topology-head"
            x={BOX.margin + column * (BOX.width + BOX.across)}
            y={BOX.margin + 8}
          >
            {name}s
          </text>
        ))}
        <Edges picture={picture} selected={selected} />
        {picture.nodes.map((node) => (
          <Box
            key={node.id}
            node={node}
            selected={node.id === selected}
            changed={changed.has(node.id)}
            choose={() => {
              view.selected.set(node.id);
              frame.current?.focus();
            }}
            open={() => open(workbench, node)}
          />
        ))}
      </svg>
      {picture.nodes.map((node, index) => (
        <span
          key={node.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          tabIndex={-1}
          className="visually-hidden"
        >
          {changed.has(node.id) ? 'changed ' : ''}
          {nodeText(node, picture)}
        </span>
      ))}
    </div>
  );
}

function Edges(props: {
  readonly picture: PlacedTopology;
  readonly selected: string | undefined;
}): ReactElement {
  const { picture, selected } = props;
  const byId = new Map(picture.nodes.map((node) => [node.id, node]));
  return (
    <g>
      {picture.edges.map(({ from, to }) => {
        const [a, b] = [byId.get(from), byId.get(to)];
        if (a === undefined || b === undefined) {
          return null;
        }
        const [x, y] = [a.x + BOX.width, a.y + BOX.height / 2];
        const end = b.y + BOX.height / 2;
        const middle = BOX.across / 2;
        return (
          <path
            key={`${from} ${to}`}
            className={classes('topology-edge', (from === selected || to === selected) && 'is-lit')}
            d={`M${x} ${y} C${x + middle} ${y} ${b.x - middle} ${end} ${b.x} ${end}`}
          />
        );
      })}
    </g>
  );
}

function Box(props: {
  readonly node: PlacedNode;
  readonly selected: boolean;
  readonly changed: boolean;
  readonly choose: () => void;
  readonly open: () => void;
}): ReactElement {
  const { node, selected, changed } = props;
  const { x, y, title, text } = node;
  // The listbox around has the keys; a box only takes the mouse.
  const attributes = { onClick: props.choose, onDoubleClick: props.open };
  return (
    <g
      className={classes('topology-box', selected && 'is-selected', changed && 'is-changed')}
      {...attributes}
    >
      <title>{`${title}: ${text}`}</title>
      <rect x={x} y={y} width={BOX.width} height={BOX.height} rx={3} />
      <text className="topology-title" x={x + 8} y={y + 15}>
        {changed ? 'Δ ' : ''}
        {title}
      </text>
      <text className="topology-text" x={x + 8} y={y + 29}>
        {text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text}
      </text>
    </g>
  );
}

const ZOOMS: Readonly<Record<string, 1 | 0 | -1>> = { '+': 1, '=': 1, '-': -1, '0': 0 };

function handled(
  workbench: WorkbenchModel,
  view: TopologyView,
  node: PlacedNode | undefined,
  key: string,
): boolean {
  const zoom = ZOOMS[key];
  if (zoom !== undefined) {
    view.zoomBy(zoom);
    return true;
  }
  if (key === 'Enter' && node !== undefined) {
    open(workbench, node);
    return true;
  }
  return view.move(key);
}

function open(workbench: WorkbenchModel, { link, pa }: PlacedNode): void {
  if (pa !== undefined) {
    showMemory(workbench, pa);
  } else if (link !== undefined) {
    showObject(workbench, link);
  }
}

/** Brings a box into sight. */
function scrollTo(frame: HTMLElement | null, node: PlacedNode | undefined, zoom: number): void {
  if (frame === null || node === undefined) {
    return;
  }
  const [left, top] = [node.x * zoom, node.y * zoom];
  const [right, bottom] = [left + BOX.width * zoom, top + BOX.height * zoom];
  frame.scrollLeft = Math.min(left, Math.max(frame.scrollLeft, right - frame.clientWidth));
  frame.scrollTop = Math.min(top, Math.max(frame.scrollTop, bottom - frame.clientHeight));
}
