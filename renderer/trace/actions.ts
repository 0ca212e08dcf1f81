// Where a record leads: the script's line, the console, the fault, the memory.

import type { TraceRow } from '../../sim/protocol/trace.ts';
import { explainEvent, focusSoon, showMemory, showWriter } from '../inspector/actions.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';

/** A way on from a record. */
export interface RecordLink {
  readonly title: string;
  readonly go: () => void;
}

/** Shows the line of the script behind a record. */
export function showLine(workbench: WorkbenchModel, { line, column }: TraceRow): void {
  if (line > 0) {
    showWriter(workbench, { line, column: Math.max(1, column) });
  }
}

/** Shows the trace with the keyboard on its list. */
export function showTrace({ layout }: Pick<WorkbenchModel, 'layout'>): void {
  layout.reveal('trace');
  focusSoon('.trace-body');
}

/** Where a record leads, as links. */
export function linksOf(workbench: WorkbenchModel, row: TraceRow): readonly RecordLink[] {
  const { line, event, pa, kind } = row;
  const links: RecordLink[] = [];
  if (line > 0) {
    const file = workbench.session.ran.value?.name ?? 'line';
    links.push({ title: `${file}:${line}`, go: () => showLine(workbench, row) });
  }
  if (event !== undefined) {
    links.push({ title: `Explain event ${event}`, go: () => explainEvent(workbench, event) });
  }
  if (pa !== undefined) {
    links.push({ title: 'Show memory', go: () => showMemory(workbench, pa) });
  }
  if (kind === 'log' || kind === 'diagnostic' || kind === 'event') {
    links.push({ title: 'Find in console', go: () => findInConsole(workbench, row) });
  }
  return links;
}

/** The console has the log's own words; an event stands under the kernel's dump. */
function findInConsole({ layout, console: terminal }: WorkbenchModel, row: TraceRow): void {
  layout.reveal('console');
  const text =
    row.kind === 'event' ? (row.text.split(' ')[0] ?? '') : row.text.replace(/^.*?: /, '');
  terminal.find(text, 'previous');
}
