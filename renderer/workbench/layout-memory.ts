// Remembers how the window's inside looks, a moment after it changed, and brings it back at the next start.

import type { RememberedEditor, RememberedLayout } from '../../sim/protocol/remembered.ts';
import type { WorkbenchModel } from './workbench.ts';

/** From a change to its writing: typing moves the cursor all the time. */
const DELAY_MS = 1000;

type Parts = Pick<WorkbenchModel, 'remote' | 'layout' | 'documents' | 'editors' | 'notice'>;

/** Opens the editors of `remembered` and lets the dock stand as it stood; without it nothing happens. */
export async function recallLayout(
  { remote, layout, documents, editors }: Parts,
  remembered: RememberedLayout | undefined,
): Promise<void> {
  if (remembered === undefined) {
    return;
  }
  const files = await Promise.all(
    remembered.editors.map(({ path, example = '' }) => {
      const file =
        path === undefined ? remote.calls.openExample(example) : remote.calls.openFile(path);
      return file.catch(() => undefined);
    }),
  );
  const ids = new Map<string, string>();
  for (const [index, { panel, line, column, top }] of remembered.editors.entries()) {
    const file = files[index];
    // What is gone is left out. A session's script needs its session, which is not opened unasked.
    if (file !== undefined && file.session === undefined) {
      const { id } = documents.open(file);
      ids.set(panel, id);
      editors.place(id, { line, column, top });
    }
  }
  layout.restore(remembered.dock, ids, ids.get(remembered.active ?? ''));
}

/** Writes the layout from now on, whenever it changed. */
export function keepLayout(parts: Parts): void {
  const { remote, layout, documents, editors, notice } = parts;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = '';
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const now = layoutNow(parts);
    if (now !== undefined && JSON.stringify(now) !== written) {
      written = JSON.stringify(now);
      remote.calls.rememberLayout(now).catch((error: Error) => notice.set(error.message));
    }
  };
  const schedule = (): void => {
    timer ??= setTimeout(write, DELAY_MS);
  };
  layout.onDidChange(schedule);
  documents.list.onDidChange(schedule);
  editors.onDidMove(schedule);
  editors.active.onDidChange(schedule);
  // The dock does not tell of an edge that is dragged; a key may have changed anything.
  window.addEventListener('pointerup', schedule);
  window.addEventListener('pagehide', write);
  schedule();
}

function layoutNow({ layout, documents, editors }: Parts): RememberedLayout | undefined {
  const { dock } = layout;
  if (dock === undefined) {
    return undefined;
  }
  const open = documents.list.value.flatMap(({ id, name, path, example }): RememberedEditor[] => {
    const place = { panel: id, ...editors.placeOf(id) };
    if (path !== undefined) {
      return [{ ...place, path }];
    }
    return example ? [{ ...place, example: name }] : [];
  });
  return { dock, editors: open, active: editors.active.value };
}
