// The picture of devices, streams, substreams, domains and tables: where its boxes stand, which one is
// chosen, and the same as text.

import type { TopologyDto, TopologyNodeDto } from '../../sim/protocol/inspect.ts';
import { TOPOLOGY_COLUMNS } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import { askFor, View } from './view.ts';

/** Size of a box and the room between, pixels at 100 %. */
export const BOX = { width: 112, height: 36, across: 28, down: 12, margin: 12, head: 22 } as const;

/** A box at its place. */
export interface PlacedNode extends TopologyNodeDto {
  readonly x: number;
  readonly y: number;
}

/** The picture with places. */
export interface PlacedTopology {
  readonly nodes: readonly PlacedNode[];
  readonly edges: TopologyDto['edges'];
  readonly width: number;
  readonly height: number;
}

/** Follows the picture. */
export class TopologyView extends View {
  readonly picture = new Store<PlacedTopology | undefined>(undefined);
  readonly selected = new Store<string | undefined>(undefined);
  readonly zoom = new Store(1);
  /** Boxes that came or say another thing since the last look. */
  readonly changed = new Store<ReadonlySet<string>>(new Set());
  #before: ReadonlyMap<string, string> | undefined;

  restart(): void {
    this.#before = undefined;
    this.changed.set(new Set());
  }

  /** Larger (1) or smaller (-1); 0: as it is. */
  zoomBy(by: 1 | 0 | -1): void {
    const next = by === 0 ? 1 : this.zoom.value * (by > 0 ? 1.25 : 0.8);
    this.zoom.set(Math.min(3, Math.max(0.4, next)));
  }

  /** Up and down inside a column, left and right along a line. */
  move(key: string): boolean {
    const picture = this.picture.value;
    const target = picture === undefined ? undefined : moved(picture, this.selected.value, key);
    if (target !== undefined) {
      this.selected.set(target);
    }
    return target !== undefined;
  }

  protected async load(): Promise<void> {
    const { topology } = await askFor(this.ask, { kind: 'topology' });
    const texts = new Map(topology.nodes.map(({ id, title, text }) => [id, `${title} ${text}`]));
    const before = this.#before;
    if (before !== undefined) {
      const changed = [...texts].filter(([id, text]) => before.get(id) !== text);
      if (changed.length > 0) {
        this.changed.set(new Set(changed.map(([id]) => id)));
      }
    }
    this.#before = texts;
    this.picture.set(placed(topology));
  }
}

/** Columns from left to right; in each, boxes stand as high as what leads to them, in their order. */
export function placed({ nodes, edges }: TopologyDto): PlacedTopology {
  const places = new Map<string, PlacedNode>();
  const { width, height, across, down, margin, head } = BOX;
  for (const [column, name] of TOPOLOGY_COLUMNS.entries()) {
    const wanted = nodes
      .filter((node) => node.column === name)
      .map((node, order) => ({ node, order, want: heightOf(node.id, edges, places) }))
      .sort((a, b) => a.want - b.want || a.order - b.order);
    let next = margin + head;
    for (const { node } of wanted) {
      places.set(node.id, { ...node, x: margin + column * (width + across), y: next });
      next += height + down;
    }
  }
  const all = [...places.values()];
  return {
    nodes: all,
    edges,
    width: 2 * margin + TOPOLOGY_COLUMNS.length * (width + across) - across,
    height: Math.max(0, ...all.map(({ y }) => y)) + height + margin,
  };
}

/** Mean height of the boxes that lead to one; below all when nothing does. */
function heightOf(
  id: string,
  edges: TopologyDto['edges'],
  places: ReadonlyMap<string, PlacedNode>,
): number {
  const from = edges.flatMap((edge) => (edge.to === id ? (places.get(edge.from)?.y ?? []) : []));
  return from.length === 0
    ? Number.MAX_SAFE_INTEGER
    : from.reduce((sum, y) => sum + y, 0) / from.length;
}

/** The box that a key goes to from another; undefined when there is none. */
export function moved(
  { nodes, edges }: PlacedTopology,
  from: string | undefined,
  key: string,
): string | undefined {
  const current = nodes.find(({ id }) => id === from);
  if (current === undefined) {
    return key.startsWith('Arrow') || key === 'Home' ? nodes[0]?.id : undefined;
  }
  const column = nodes.filter((node) => node.column === current.column);
  const place = column.indexOf(current);
  switch (key) {
    case 'ArrowDown':
      return column[place + 1]?.id;
    case 'ArrowUp':
      return column[place - 1]?.id;
    case 'ArrowRight':
      return edges.find((edge) => edge.from === current.id)?.to;
    case 'ArrowLeft':
      return edges.find((edge) => edge.to === current.id)?.from;
    case 'Home':
      return nodes[0]?.id;
    case 'End':
      return nodes.at(-1)?.id;
    default:
      return undefined;
  }
}

/** `SID 0x10, 10 SSID bits, leads to SSID 1, domain 1`. */
export function nodeText(node: TopologyNodeDto, { nodes, edges }: PlacedTopology): string {
  const targets = edges
    .filter(({ from }) => from === node.id)
    .flatMap(({ to }) => nodes.find(({ id }) => id === to)?.title ?? []);
  const leads = targets.length === 0 ? '' : `, leads to ${targets.join(', ')}`;
  return `${node.column} ${node.title}, ${node.text}${leads}`;
}

/** The picture as lines, one a box. */
export function pictureText(picture: PlacedTopology): string {
  return picture.nodes.map((node) => nodeText(node, picture)).join('\n');
}
