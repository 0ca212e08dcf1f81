// The tree of structures, as far as it was opened. Rows are named by their path, since one table can hang
// below several CDs. A refresh asks again for what is open and nothing else.

import type { FieldDto, NodeDto } from '../../sim/protocol/inspect.ts';
import { Store } from '../base/store.ts';
import type { Change, Fielded } from './changes.ts';
import { changesBetween, keepMarks } from './changes.ts';
import { fieldsOf } from './structure-fields.ts';
import { askFor, View } from './view.ts';

/** One visible row. */
export interface TreeRow {
  readonly key: string;
  readonly parent: string | undefined;
  readonly depth: number;
  readonly node: NodeDto;
  readonly expanded: boolean;
  /** Place among its siblings from 1, and how many they are. */
  readonly position: number;
  readonly siblings: number;
}

/** Roots that are opened by themselves: a table with a few streams. */
const FEW = 4;
const ROOT = '';
/** Nodes that one question may open. */
const MOST_AT_ONCE = 1000;

type Children = ReadonlyMap<string, readonly NodeDto[]>;

/** Follows the tree. */
export class TablesView extends View {
  readonly rows = new Store<readonly TreeRow[]>([]);
  readonly selected = new Store<string | undefined>(undefined);
  readonly changes = new Store<ReadonlyMap<string, Change>>(new Map());
  readonly #expanded = new Set<string>();
  #children: Children = new Map();
  #before: ReadonlyMap<string, Decoded> | undefined;
  /** Children by the id of their node, of the newest question. */
  #answered: Children = new Map();
  #opened = false;
  /** Selected as soon as it is there. */
  #wanted: string | undefined;

  /** The row that is selected, if it is visible. */
  get current(): TreeRow | undefined {
    return this.rows.value.find(({ key }) => key === this.selected.value);
  }

  select(key: string): void {
    this.selected.set(key);
  }

  /** Opens or closes a row; what an opened one holds is asked for. */
  toggle(key: string, open: boolean): void {
    const row = this.rows.value.find((candidate) => candidate.key === key);
    if (row === undefined || !row.node.hasChildren || row.expanded === open) {
      return;
    }
    if (open) {
      this.#expanded.add(key);
      this.refresh();
    } else {
      this.#expanded.delete(key);
      this.#show();
    }
  }

  /**
   * Opens the way to an STE, or with `ssid` to a CD, and selects it.
   *
   * @returns false when there is none: what leads to it is selected then, as far as there is anything
   */
  async goTo(sid: number, ssid: number | undefined): Promise<boolean> {
    const wanted = ssid === undefined ? {} : { ssid };
    const { path } = await askFor(this.ask, { kind: 'tablePath', sid, ...wanted });
    let key = ROOT;
    for (const [at, id] of path.entries()) {
      key = childKey(key, id);
      if (at < path.length - 1) {
        this.#expanded.add(key);
      }
    }
    this.#wanted = key === ROOT ? undefined : key;
    this.refresh();
    return path.at(-1)?.startsWith(ssid === undefined ? 'ste:' : 'cd:') ?? false;
  }

  restart(): void {
    this.#before = undefined;
    this.changes.set(new Map());
  }

  protected async load(): Promise<void> {
    const children = new Map<string, readonly NodeDto[]>();
    const roots = await this.#askAll();
    children.set(ROOT, roots);
    if (!this.#opened && roots.length > 0) {
      this.#opened = true;
      for (const { id } of roots.length <= FEW ? roots : []) {
        this.#expanded.add(childKey(ROOT, id));
      }
    }
    await this.#fill(children, ROOT);
    this.#children = children;
    this.#mark();
    this.#show();
  }

  async #fill(children: Map<string, readonly NodeDto[]>, parent: string): Promise<void> {
    for (const { id, hasChildren } of children.get(parent) ?? []) {
      const key = childKey(parent, id);
      if (hasChildren && this.#expanded.has(key)) {
        children.set(key, this.#answered.get(id) ?? (await this.#ask(id)));
        await this.#fill(children, key);
      }
    }
  }

  async #ask(node: string): Promise<readonly NodeDto[]> {
    return (await askFor(this.ask, { kind: 'tables', node })).nodes;
  }

  /** The top, and in the same question what was open when it was asked last. */
  async #askAll(): Promise<readonly NodeDto[]> {
    const open = [...this.#children.keys()].filter((key) => this.#expanded.has(key));
    const also = [...new Set(open.map((key) => key.slice(key.lastIndexOf('/') + 1)))];
    const answer = await askFor(this.ask, { kind: 'tables', also: also.slice(0, MOST_AT_ONCE) });
    this.#answered = new Map(answer.also?.map((nodes, at) => [also[at] ?? '', nodes]));
    return answer.nodes;
  }

  /** What changed since the last answer; rows that were not open then are not news. */
  #mark(): void {
    const now = new Map<string, Decoded>();
    const comparable = new Map<string, Decoded>();
    for (const [parent, nodes] of this.#children) {
      const known = this.#knownParents.has(parent);
      for (const node of nodes) {
        const key = childKey(parent, node.id);
        const decoded = new Decoded(node);
        now.set(key, decoded);
        if (known) {
          comparable.set(key, decoded);
        }
      }
    }
    const next = changesBetween(this.#before, comparable, sameNode);
    this.changes.update((old) => keepMarks(old, next));
    this.#before = now;
    this.#knownParents = new Set(this.#children.keys());
  }

  #knownParents: ReadonlySet<string> = new Set();

  #show(): void {
    const rows: TreeRow[] = [];
    this.#append(rows, ROOT, 0);
    this.rows.set(rows);
    if (this.#wanted !== undefined && rows.some(({ key }) => key === this.#wanted)) {
      this.selected.set(this.#wanted);
      this.#wanted = undefined;
    }
    const { value } = this.selected;
    if (value !== undefined && !rows.some(({ key }) => key === value)) {
      this.selected.set(nearest(value, rows) ?? rows[0]?.key);
    } else if (value === undefined) {
      this.selected.set(rows[0]?.key);
    }
  }

  #append(rows: TreeRow[], parent: string, depth: number): void {
    const nodes = this.#children.get(parent) ?? [];
    for (const [at, node] of nodes.entries()) {
      const key = childKey(parent, node.id);
      const expanded = node.hasChildren && this.#expanded.has(key);
      rows.push({
        key,
        parent: parent === ROOT ? undefined : parent,
        depth,
        node,
        expanded,
        position: at + 1,
        siblings: nodes.length,
      });
      if (expanded) {
        this.#append(rows, key, depth + 1);
      }
    }
  }
}

function childKey(parent: string, id: string): string {
  return `${parent}/${id}`;
}

/** The closest ancestor of `key` that is still there. */
function nearest(key: string, rows: readonly TreeRow[]): string | undefined {
  const keys = new Set(rows.map((row) => row.key));
  let at = key.lastIndexOf('/');
  while (at > 0) {
    const ancestor = key.slice(0, at);
    if (keys.has(ancestor)) {
      return ancestor;
    }
    at = ancestor.lastIndexOf('/');
  }
  return undefined;
}

/** A node whose fields are decoded when somebody asks. */
class Decoded implements Fielded {
  readonly node: NodeDto;

  constructor(node: NodeDto) {
    this.node = node;
  }

  get fields(): readonly FieldDto[] {
    return fieldsOf(this.node);
  }
}

function sameNode({ node: a }: Decoded, { node: b }: Decoded): boolean {
  return a.state === b.state && a.text === b.text && a.words.join() === b.words.join();
}

/** `0x10`, `0x10 3`: a StreamID and perhaps a SubstreamID; undefined when it is neither. */
export function parseStream(text: string): { sid: number; ssid: number | undefined } | undefined {
  const words = text.trim().split(/[\s,]+/);
  const numbers = words.map((word) => Number(word.replaceAll('_', '')));
  const [sid, ssid] = numbers;
  const fine = numbers.every((one) => Number.isInteger(one) && one >= 0);
  if (!fine || text.trim() === '' || words.length > 2 || sid === undefined) {
    return undefined;
  }
  return sid < 2 ** 32 && (ssid ?? 0) < 2 ** 20 ? { sid, ssid } : undefined;
}
