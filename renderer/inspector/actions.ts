// What links between the views do: each shows a panel and gives it the keyboard.

import type { SoftwareLink, WriterDto } from '../../sim/protocol/inspect.ts';
import { jumpTo } from '../workbench/jump.ts';
import type { PanelId } from '../workbench/layout.ts';
import type { WorkbenchModel } from '../workbench/workbench.ts';

/** Panels of the inspector. */
export type InspectorPanel = Extract<
  PanelId,
  | 'fault'
  | 'tables'
  | 'registers'
  | 'queues'
  | 'caches'
  | 'interrupts'
  | 'software'
  | 'topology'
  | 'memory'
>;

/** About half a second: a panel that is shown for the first time has to be made first. */
const FOCUS_FRAMES = 30;

type Parts = Pick<WorkbenchModel, 'layout' | 'inspector'>;

/** Shows a panel of the inspector and gives its list, or what it says instead, the keyboard. */
export function showInspector({ layout }: Pick<Parts, 'layout'>, panel: InspectorPanel): void {
  layout.reveal(panel);
  focusSoon(`.inspector-${panel} [tabindex="0"]`);
}

/** Shows memory from `pa` on. */
export function showMemory(parts: Parts, pa: bigint): void {
  parts.inspector.memory.open(pa);
  showInspector(parts, 'memory');
}

/** Shows a kernel object among its kind. */
export function showObject(parts: Parts, link: SoftwareLink): void {
  parts.inspector.software.open(link);
  showInspector(parts, 'software');
}

/** Explains event `number`, or the newest. */
export function explainEvent(parts: Parts, number: number | undefined): void {
  parts.inspector.fault.choose(number);
  showInspector(parts, 'fault');
}

/** Shows the call that wrote something, in the script that ran last. */
export function showWriter(
  workbench: Parameters<typeof jumpTo>[0],
  { line, column }: Pick<WriterDto, 'line' | 'column'>,
): void {
  const file = workbench.session.ran.value?.name;
  if (file !== undefined) {
    jumpTo(workbench, { file, line, column });
  }
}

/** Focuses the first match, trying again for some frames. */
export function focusSoon(selector: string, frames = FOCUS_FRAMES): void {
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus();
  if (frames > 0 && (element === null || element !== document.activeElement)) {
    requestAnimationFrame(() => focusSoon(selector, frames - 1));
  }
}
