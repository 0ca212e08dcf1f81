// The dock as text: written by dockview, read back with other ids for the editors, and without panels that
// there are no more. What is damaged is refused, so that the window starts as the first time.

import type { SerializedDockview } from 'dockview-react';

/** What dockview calls a group: its panels, in the order of their tabs. */
interface Group {
  views: string[];
  activeView?: string;
}

interface Branch {
  type: 'branch';
  data: Cell[];
}

interface Leaf {
  type: 'leaf';
  data: Group;
}

type Cell = Branch | Leaf;

/**
 * The dock in `text` with every panel renamed.
 *
 * @param rename the id that a panel gets, undefined where it is to be left out
 * @throws TypeError or SyntaxError when the text is no dock
 */
export function readDock(
  text: string,
  rename: (panel: string) => string | undefined,
): SerializedDockview {
  const dock = JSON.parse(text);
  const panels: [string, object][] = [];
  for (const [id, panel] of Object.entries<{ params?: object }>(dock.panels)) {
    const name = rename(id);
    if (name !== undefined) {
      const params = panel.params === undefined ? {} : { params: { ...panel.params, id: name } };
      panels.push([name, { ...panel, id: name, ...params }]);
    }
  }
  dock.panels = Object.fromEntries(panels);
  prune(dock.grid.root, rename);
  for (const edge of Object.values<{ group?: Group }>(dock.edgeGroups ?? {})) {
    if (edge.group !== undefined) {
      renameIn(edge.group, rename);
    }
  }
  return dock;
}

/** Says whether anything is left in a cell. */
function prune(cell: Cell, rename: (panel: string) => string | undefined): boolean {
  if (cell.type === 'leaf') {
    renameIn(cell.data, rename);
    return cell.data.views.length > 0;
  }
  cell.data = cell.data.filter((part) => prune(part, rename));
  return cell.data.length > 0;
}

function renameIn(group: Group, rename: (panel: string) => string | undefined): void {
  const { activeView } = group;
  group.views = group.views.map(rename).filter((view) => view !== undefined);
  const active = activeView === undefined ? undefined : rename(activeView);
  const shown = active ?? group.views[0];
  if (shown === undefined) {
    delete group.activeView;
  } else {
    group.activeView = shown;
  }
}
