// Where things stand: editors in the middle, the explorer at the left edge, console and problems at the
// bottom edge, the inspector's views at the right edge. Panels are named here once; a view is added by one entry in PANELS and one component.

import type { DockviewApi, SerializedDockview } from 'dockview-react';
import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import { Emitter } from '../../sim/base/emitter.ts';
import { Store } from '../base/store.ts';
import { readDock } from './dock-json.ts';
import type { DocumentShower } from './files-view.ts';

/** The fixed panels: their title and the edge they start at. */
export const PANELS = {
  explorer: { title: 'Explorer', edge: 'left' },
  debug: { title: 'Debug', edge: 'left' },
  console: { title: 'Console', edge: 'bottom' },
  trace: { title: 'Trace', edge: 'bottom' },
  problems: { title: 'Problems', edge: 'bottom' },
  debugConsole: { title: 'Debug Console', edge: 'bottom' },
  fault: { title: 'Fault', edge: 'right' },
  tables: { title: 'Tables', edge: 'right' },
  registers: { title: 'Registers', edge: 'right' },
  queues: { title: 'Queues', edge: 'right' },
  caches: { title: 'Caches', edge: 'right' },
  interrupts: { title: 'Interrupts', edge: 'right' },
  software: { title: 'Kernel', edge: 'right' },
  topology: { title: 'Topology', edge: 'right' },
  memory: { title: 'Memory', edge: 'right' },
  comparison: { title: 'Comparison', edge: 'bottom' },
} as const satisfies Readonly<Record<string, { title: string; edge: Edge }>>;

/** Name of a fixed panel. */
export type PanelId = keyof typeof PANELS;

type Edge = 'left' | 'bottom' | 'right';

const EDGES = ['left', 'bottom', 'right'] as const satisfies readonly Edge[];

const EDGE_SIZES: Readonly<Record<Edge, { initialSize: number; minimumSize: number }>> = {
  left: { initialSize: 220, minimumSize: 140 },
  bottom: { initialSize: 260, minimumSize: 80 },
  right: { initialSize: 560, minimumSize: 200 },
};

/** Panels that are there when there is something to show in them. */
const ON_DEMAND: ReadonlySet<PanelId> = new Set(['comparison']);

/** Id of the welcome, which stands among the editors. */
const WELCOME = 'welcome';

/** A window narrower than this, pixels, starts without the inspector: the editor needs the room. */
const ROOM_FOR_RIGHT = 1200;

/** What the layout tells the workbench. */
export interface LayoutListener {
  /** Another editor became the one that commands mean; undefined when none is left. */
  activated(documentId: string | undefined): void;
  /** The editor of a document should get the keyboard. */
  focusEditor(documentId: string): void;
  /** What had the keyboard is gone: the middle should get it. */
  focusMiddle(): void;
}

/** Shows, hides and finds panels. Calls before the first layout wait for it. */
export class Layout implements Disposable, DocumentShower {
  readonly #listener: LayoutListener;
  readonly #owned = new DisposableStore();
  #waiting: ((api: DockviewApi) => void)[] = [];
  #api: DockviewApi | undefined;
  #restored: { readonly dock: SerializedDockview; readonly active: string | undefined } | undefined;
  readonly #changed = new Emitter<void>();
  /** Something stands elsewhere, or has another size. */
  readonly onDidChange = this.#changed.event;
  /** Ids of the open editors, in the order of their tabs. */
  readonly editors = new Store<readonly string[]>([]);

  constructor(listener: LayoutListener) {
    this.#listener = listener;
  }

  /** Takes the dock when it is there and fills it. */
  attach(api: DockviewApi): void {
    this.#api = api;
    this.#start(api);
    this.#owned.add(api.onDidActivePanelChange(({ panel }) => this.#activated(panel?.id)));
    for (const event of [api.onDidAddPanel, api.onDidRemovePanel, api.onDidMovePanel]) {
      this.#owned.add(event(() => this.#listEditors(api)));
    }
    this.#listEditors(api);
    this.#owned.add(api.onDidLayoutChange(() => this.#changed.fire()));
    for (const action of this.#waiting.splice(0)) {
      action(api);
    }
  }

  /**
   * Takes the place of the first layout, before the dock is there. A text that is no dock changes nothing.
   *
   * @param documents ids of the documents by the ids that their panels have in the text
   * @param active the document that commands mean
   */
  restore(text: string, documents: ReadonlyMap<string, string>, active: string | undefined): void {
    const rename = (panel: string): string | undefined =>
      documents.get(panel) ?? (panel === WELCOME || isFixed(panel) ? panel : undefined);
    try {
      this.#restored = { dock: readDock(text, rename), active };
    } catch {
      this.#restored = undefined;
    }
  }

  /** Everything as text for {@link restore}; undefined before the dock is there. */
  get dock(): string | undefined {
    return this.#api === undefined ? undefined : JSON.stringify(this.#api.toJSON());
  }

  /** Shows a document in front, in a new tab if it has none. */
  show(id: string): void {
    this.#withApi((api) => {
      const panel = api.getPanel(id);
      if (panel === undefined) {
        const beside = this.#middle(api);
        api.addPanel({
          id,
          component: 'editor',
          tabComponent: 'document',
          params: { id },
          position: beside === undefined ? { direction: 'right' } : { referencePanel: beside },
        });
      } else {
        panel.api.setActive();
      }
      this.#listener.activated(id);
      this.#listener.focusEditor(id);
    });
  }

  /** Shows the welcome among the editors; behind them when it is only offered. */
  showWelcome(offered = false): void {
    this.#withApi((api) => {
      const panel = api.getPanel(WELCOME);
      const beside = this.#middle(api);
      if (panel === undefined) {
        api.addPanel({
          id: WELCOME,
          component: WELCOME,
          tabComponent: WELCOME,
          title: 'Welcome',
          inactive: offered,
          position: beside === undefined ? { direction: 'right' } : { referencePanel: beside },
        });
      } else if (!offered) {
        panel.api.setActive();
      }
    });
  }

  hideWelcome(): void {
    this.#withApi((api) => {
      const panel = api.getPanel(WELCOME);
      if (panel !== undefined) {
        api.removePanel(panel);
        this.#listener.focusMiddle();
      }
    });
  }

  remove(id: string): void {
    this.#withApi((api) => {
      const panel = api.getPanel(id);
      if (panel !== undefined) {
        api.removePanel(panel);
        const next = this.editors.value.at(-1);
        this.#listener.activated(next);
        if (next === undefined) {
          this.#listener.focusMiddle();
        } else {
          this.show(next);
        }
      }
    });
  }

  /** Shows a fixed panel in front. */
  reveal(id: PanelId): void {
    this.#withApi((api) => {
      const { edge } = PANELS[id];
      if (api.getPanel(id) === undefined) {
        addFixed(api, id);
      }
      api.setEdgeGroupVisible(edge, true);
      api.getEdgeGroup(edge)?.expand();
      api.getPanel(id)?.api.setActive();
    });
  }

  /** Shows what a run says: the console, unless somebody looks at the trace. */
  revealOutput(): void {
    if (this.#api?.getPanel('trace')?.api.isVisible !== true) {
      this.reveal('console');
    }
  }

  /** Makes the bottom edge at least this part of the window high: for panels that need the room. */
  makeRoom(part: number): void {
    this.#withApi((api) => {
      const group = api.getEdgeGroup('bottom');
      const height = Math.round(window.innerHeight * part);
      if (group !== undefined && group.height < height) {
        group.setSize({ height });
      }
    });
  }

  /** Shows or hides an edge with all its panels; the keyboard goes back to the editor with it. */
  toggle(edge: Edge): void {
    this.#withApi((api) => {
      const hadFocus = this.edge(edge)?.contains(document.activeElement) === true;
      api.setEdgeGroupVisible(edge, !api.isEdgeGroupVisible(edge));
      if (hadFocus) {
        this.#listener.focusMiddle();
      }
    });
  }

  /** The element of an edge that is shown. */
  edge(edge: Edge): HTMLElement | undefined {
    const api = this.#api;
    return api?.isEdgeGroupVisible(edge) === true ? edgeElement(api, edge) : undefined;
  }

  /** Whether the welcome is all that the middle shows. */
  get isWelcomeInFront(): boolean {
    const isVisible = (id: string): boolean => this.#api?.getPanel(id)?.api.isVisible === true;
    return isVisible(WELCOME) && !this.editors.value.some(isVisible);
  }

  /** Shows the tab after (1) or before (-1) the one of `id`. */
  step(id: string | undefined, by: 1 | -1): void {
    const ids = this.editors.value;
    const next = ids[(ids.indexOf(id ?? '') + by + ids.length) % ids.length];
    if (next !== undefined) {
      this.show(next);
    }
  }

  /** Puts the fixed panels back to where they started. */
  reset(): void {
    this.#withApi((api) => {
      for (const id of Object.keys(PANELS) as PanelId[]) {
        const panel = api.getPanel(id);
        if (panel !== undefined) {
          api.removePanel(panel);
        }
      }
      this.#fill(api);
      for (const edge of EDGES) {
        const { initialSize } = EDGE_SIZES[edge];
        const isBottom = edge === 'bottom';
        const size = isBottom ? { height: initialSize } : { width: initialSize };
        // An edge whose last panel went has collapsed.
        api.getEdgeGroup(edge)?.expand();
        api.getEdgeGroup(edge)?.setSize(size);
      }
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** As it was last time, or as the first time. */
  #start(api: DockviewApi): void {
    const restored = this.#restored;
    if (restored === undefined) {
      this.#fill(api);
      return;
    }
    try {
      api.fromJSON(restored.dock);
    } catch {
      api.clear();
      this.#fill(api);
      return;
    }
    for (const edge of EDGES) {
      api.getEdgeGroup(edge)?.setHeaderPosition('top');
    }
    for (const id of Object.keys(PANELS) as PanelId[]) {
      if (!ON_DEMAND.has(id) && api.getPanel(id) === undefined) {
        addFixed(api, id, true);
      }
    }
    for (const edge of EDGES) {
      api.setEdgeGroupVisible(edge, restored.dock.edgeGroups?.[edge]?.visible !== false);
    }
    if (restored.active !== undefined) {
      this.show(restored.active);
    }
  }

  #fill(api: DockviewApi): void {
    for (const edge of EDGES) {
      if (api.getEdgeGroup(edge) === undefined) {
        api.addEdgeGroup(edge, { id: `edge-${edge}`, ...EDGE_SIZES[edge] });
      }
      api.getEdgeGroup(edge)?.setHeaderPosition('top');
    }
    for (const id of Object.keys(PANELS) as PanelId[]) {
      if (!ON_DEMAND.has(id)) {
        addFixed(api, id);
      }
    }
    for (const id of ['explorer', 'fault', 'console']) {
      api.getPanel(id)?.api.setActive();
    }
    for (const edge of EDGES) {
      api.setEdgeGroupVisible(edge, edge !== 'right' || window.innerWidth >= ROOM_FOR_RIGHT);
    }
  }

  #activated(id: string | undefined): void {
    if (id !== undefined && isEditor(id)) {
      this.#listener.activated(id);
    }
  }

  #listEditors(api: DockviewApi): void {
    const ids = api.groups.flatMap(({ panels }) => panels.map(({ id }) => id));
    this.editors.set(ids.filter(isEditor));
  }

  /** A panel of the middle, for the next one to stand beside. */
  #middle(api: DockviewApi): string | undefined {
    return this.editors.value.at(-1) ?? api.getPanel(WELCOME)?.id;
  }

  #withApi(action: (api: DockviewApi) => void): void {
    if (this.#api === undefined) {
      this.#waiting.push(action);
    } else {
      action(this.#api);
    }
  }
}

function isEditor(id: string): boolean {
  return id !== WELCOME && !isFixed(id);
}

function isFixed(id: string): boolean {
  return Object.hasOwn(PANELS, id);
}

/** @param behind it does not come to the front of its edge */
function addFixed(api: DockviewApi, id: PanelId, behind = false): void {
  const { title, edge } = PANELS[id];
  api.addPanel({
    id,
    component: id,
    tabComponent: 'fixed',
    title,
    inactive: behind,
    position: { referenceGroup: `edge-${edge}` },
  });
}

function edgeElement(api: DockviewApi, edge: Edge): HTMLElement | undefined {
  const panel = api.getGroup(`edge-${edge}`)?.panels[0]?.id ?? '';
  const tab = document.querySelector(`[data-tab-panel-id="${panel}"]`);
  return tab?.closest<HTMLElement>('.dv-groupview') ?? undefined;
}
