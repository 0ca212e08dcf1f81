// Leading a person from something that names a script's line to that line.

import type { Place } from '../../sim/protocol/api.ts';
import type { WorkbenchModel } from './workbench.ts';

/** Shows a place in its script, if that script is open; the one that ran last is meant first. */
export function jumpTo(
  {
    documents,
    layout,
    editors,
    session,
  }: Pick<WorkbenchModel, 'documents' | 'layout' | 'editors' | 'session'>,
  { file, line, column }: Place,
): void {
  const open = documents.list.value.filter(({ name }) => name === file);
  const document = open.find(({ id }) => id === session.ran.value?.id) ?? open[0];
  if (document !== undefined) {
    layout.show(document.id);
    editors.focus(document.id, { line, column });
  }
}
