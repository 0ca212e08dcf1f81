// A list or tree of rows of one height, of which only the visible ones exist. One stop for the Tab key:
// the list keeps the keyboard and names its current row, so that no refresh can lose the focus.

import type { HTMLAttributes, KeyboardEvent, ReactElement, ReactNode, RefObject } from 'react';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { classes } from '../base/dom.ts';

/** Height of a row, pixels; `.list-row` has the same. */
const ROW_HEIGHT = 20;
/** Rows kept beyond the visible ones. */
const MARGIN = 12;

/** What a row shows, and what else assistive technology should know of it. */
export interface ListRow {
  readonly content: ReactNode;
  readonly className?: string | undefined;
  readonly level?: number;
  readonly expanded?: boolean | undefined;
  readonly position?: number;
  readonly siblings?: number;
}

interface VirtualListProps {
  readonly role: 'tree' | 'listbox';
  readonly label: string;
  readonly count: number;
  /** Index of the current row; -1: none. */
  readonly selected: number;
  readonly select: (index: number) => void;
  readonly row: (index: number) => ListRow;
  /** Keys beyond the moving ones; says whether the key was one. */
  readonly onKey?: (key: string) => boolean;
  readonly onOpen?: (index: number) => void;
  /** Rows [first, last) are made now: for lists that have only some of theirs. */
  readonly onRange?: (first: number, last: number) => void;
}

/** The list. */
export function VirtualList(props: VirtualListProps): ReactElement {
  const { count, selected, select } = props;
  const element = useRef<HTMLDivElement>(null);
  const id = useId();
  const { top, height, onScroll } = useViewport(element);
  useLayoutEffect(() => reveal(element.current, selected), [selected]);
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - MARGIN);
  const last = Math.min(count, Math.ceil((top + height) / ROW_HEIGHT) + MARGIN);
  const { onRange } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told again only when the range changes
  useEffect(() => onRange?.(first, last), [first, last]);
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = moved(event.key, selected, count, Math.floor(height / ROW_HEIGHT));
    if (target !== undefined) {
      select(target);
    } else if (props.onKey?.(event.key) !== true) {
      return;
    }
    event.preventDefault();
  };
  const attributes: HTMLAttributes<HTMLDivElement> = {
    role: props.role,
    'aria-label': props.label,
    'aria-activedescendant': selected >= first && selected < last ? `${id}-${selected}` : undefined,
    tabIndex: 0,
    onKeyDown,
    onScroll,
  };
  return (
    <div ref={element} className="list" {...attributes}>
      <div role="presentation" style={{ height: count * ROW_HEIGHT }}>
        {shown.map((index) => (
          <Row key={index} {...props} id={`${id}-${index}`} index={index} />
        ))}
      </div>
    </div>
  );
}

function Row(
  props: VirtualListProps & { readonly id: string; readonly index: number },
): ReactElement {
  const { index, count, selected } = props;
  const row = props.row(index);
  // The list has the keys and the focus; a row only needs to be named and to take the mouse.
  const attributes: HTMLAttributes<HTMLDivElement> = {
    id: props.id,
    role: props.role === 'tree' ? 'treeitem' : 'option',
    'aria-selected': index === selected,
    'aria-level': row.level,
    'aria-expanded': row.expanded,
    'aria-posinset': row.position ?? index + 1,
    'aria-setsize': row.siblings ?? count,
    className: classes('list-row', index === selected && 'selected', row.className),
    style: { top: index * ROW_HEIGHT },
    onClick: () => props.select(index),
    onDoubleClick: () => props.onOpen?.(index),
  };
  return <div {...attributes}>{row.content}</div>;
}

/** Where the list is scrolled to and how much of it shows, pixels. */
function useViewport(element: RefObject<HTMLDivElement | null>) {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const own = element.current;
    if (own === null) {
      return;
    }
    const observer = new ResizeObserver(() => setHeight(own.clientHeight));
    observer.observe(own);
    setHeight(own.clientHeight);
    return () => observer.disconnect();
  }, [element]);
  return { top, height, onScroll: () => setTop(element.current?.scrollTop ?? 0) };
}

function reveal(list: HTMLElement | null, index: number): void {
  if (list === null || index < 0) {
    return;
  }
  const top = index * ROW_HEIGHT;
  if (top < list.scrollTop) {
    list.scrollTop = top;
  } else if (list.clientHeight > 0 && top + ROW_HEIGHT > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
  }
}

/** The row that a key goes to; undefined when it is no moving key. */
function moved(key: string, from: number, count: number, page: number): number | undefined {
  const target = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: count - 1,
  }[key];
  return target === undefined || count === 0 ? undefined : Math.min(Math.max(target, 0), count - 1);
}
