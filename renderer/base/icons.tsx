// The few icons of the workbench, 16 by 16, drawn with the current colour. Decorative: text names things.

import type { ReactElement } from 'react';

const PATHS = {
  run: 'M4 2.5v11l9-5.5z',
  stop: 'M3.5 3.5h9v9h-9z',
  close: 'M4 4l8 8M12 4l-8 8',
  file: 'M4 1.5h5l3.5 3.5v9.5h-8.5zM9 1.5v3.5h3.5',
  book: 'M3 2.5h7.5a1.5 1.5 0 0 1 1.5 1.5v9.5H4.5A1.5 1.5 0 0 1 3 12zM3 12a1.5 1.5 0 0 1 1.5-1.5H12',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.5V8l2.5 1.5',
  error: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  warning: 'M8 2.2l6.2 11H1.8zM8 6.2v3.4M8 11v.9',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 7.2v4M8 4.8v.9',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  search: 'M7 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM10 10l3.5 3.5',
  up: 'M3.5 10L8 5.5l4.5 4.5',
  down: 'M3.5 6L8 10.5 12.5 6',
  clear: 'M2.5 4h11M2.5 8h6M2.5 12h6M10.5 9.5l4 4M14.5 9.5l-4 4',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  plus: 'M8 3v10M3 8h10',
  folder: 'M1.5 3.5h4.5l1.5 2h7v8h-13z',
} as const;

const FILLED: ReadonlySet<string> = new Set(['run', 'stop']);

/** Name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon beside a text or in a labelled button. */
export function Icon({ name }: { readonly name: IconName }): ReactElement {
  const filled = FILLED.has(name);
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke={filled ? 'none' : 'currentColor'}
        strokeWidth="1.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
