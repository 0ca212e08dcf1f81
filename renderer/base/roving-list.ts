// Lists with one stop for the Tab key: arrows, Home and End move inside.

import type { KeyboardEvent } from 'react';
import { useRef, useState } from 'react';

/** What a list and its items need. */
export interface RovingList {
  readonly onKeyDown: (event: KeyboardEvent) => void;
  item(index: number): {
    readonly tabIndex: number;
    readonly ref: (element: HTMLElement | null) => void;
    readonly onFocus: () => void;
  };
}

/** @param count number of items, which may change */
export function useRovingList(count: number): RovingList {
  const [stop, setStop] = useState(0);
  const elements = useRef<(HTMLElement | null)[]>([]);
  const current = Math.min(stop, Math.max(count - 1, 0));
  return {
    onKeyDown: (event) => {
      const target = {
        ArrowDown: current + 1,
        ArrowUp: current - 1,
        Home: 0,
        End: count - 1,
      }[event.key];
      if (target !== undefined) {
        event.preventDefault();
        elements.current[Math.min(Math.max(target, 0), count - 1)]?.focus();
      }
    },
    item: (index) => ({
      tabIndex: index === current ? 0 : -1,
      ref: (element) => {
        elements.current[index] = element;
      },
      onFocus: () => setStop(index),
    }),
  };
}
