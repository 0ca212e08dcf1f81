// The parts of the window in the order in which F6 walks through them: toolbar, side bar, editors, inspector,
// panel, status bar. Hidden ones are passed over.

import { focusSoon } from '../inspector/actions.ts';
import type { WorkbenchModel } from './workbench.ts';

type Parts = Pick<WorkbenchModel, 'layout' | 'editors'>;

const TABBABLE =
  'textarea, input:not(:disabled), select:not(:disabled), button:not(:disabled), [tabindex="0"]';

/** Gives the keyboard to the part after (1) or before (-1) the one that has it. */
export function stepPart({ layout, editors }: Parts, by: 1 | -1): void {
  const middle = document.querySelector<HTMLElement>('.dock .dv-dockview');
  const parts = [
    document.querySelector<HTMLElement>('.toolbar'),
    layout.edge('left'),
    middle,
    layout.edge('right'),
    layout.edge('bottom'),
    document.querySelector<HTMLElement>('.status-bar'),
  ].filter((part) => part !== undefined && part !== null);
  const focused = document.activeElement;
  const at = parts.findIndex((part) => part.contains(focused));
  const start = at < 0 && by < 0 ? 0 : at;
  for (let step = 1; step <= parts.length; step++) {
    const part = parts[(start + by * step + parts.length * 2) % parts.length];
    if (part !== undefined && part === middle) {
      focusMiddle({ layout, editors });
      return;
    }
    if (part !== undefined && focusIn(part)) {
      return;
    }
  }
}

/** The editor that commands mean, or the welcome where there is none. */
export function focusMiddle({ layout, editors }: Parts): void {
  const id = editors.active.value;
  if (id === undefined || layout.isWelcomeInFront) {
    focusSoon('.welcome');
  } else {
    layout.show(id);
  }
}

/** What a panel shows comes before its tabs. */
function focusIn(part: HTMLElement): boolean {
  const content = part.querySelector('.dv-content-container');
  const found = [
    ...(content?.querySelectorAll<HTMLElement>(TABBABLE) ?? []),
    ...part.querySelectorAll<HTMLElement>(TABBABLE),
  ];
  return found.some((element) => {
    element.focus();
    return element === document.activeElement;
  });
}
