// A menu at a place of the window, as a right click opens it: arrows, Home and End move,
// Enter chooses, Escape leaves. The element that had the keyboard gets it back.

import type { KeyboardEvent, ReactElement } from 'react';
import { useLayoutEffect, useRef } from 'react';
import { useRovingList } from './roving-list.ts';
import { Store, useStore } from './store.ts';

/** What a menu offers. */
export interface MenuItem {
  readonly label: string;
  /** The key that does the same elsewhere, as people read it. */
  readonly hint?: string;
  readonly run: () => void;
}

/** A menu that is open. */
export interface MenuRequest {
  /** For screen readers. */
  readonly label: string;
  /** Where, in CSS pixels of the window. */
  readonly x: number;
  readonly y: number;
  /** Groups with a line between them. */
  readonly groups: readonly (readonly MenuItem[])[];
}

/** The one menu of the window. */
export class ContextMenu {
  readonly request = new Store<MenuRequest | undefined>(undefined);
  #before: Element | null = null;

  open(request: MenuRequest): void {
    this.#before = document.activeElement;
    this.request.set(request);
  }

  close(): void {
    if (this.request.value !== undefined) {
      this.request.set(undefined);
      (this.#before as HTMLElement | null)?.focus();
    }
  }
}

/** Shows the menu, if one is open. */
export function ContextMenuBox({ menu }: { readonly menu: ContextMenu }): ReactElement | null {
  const request = useStore(menu.request);
  return request === undefined ? null : (
    <Menu key={`${request.x} ${request.y} ${request.label}`} menu={menu} request={request} />
  );
}

function Menu({
  menu,
  request,
}: {
  readonly menu: ContextMenu;
  readonly request: MenuRequest;
}): ReactElement {
  const { label, x, y } = request;
  const groups = request.groups.filter(({ length }) => length > 0);
  const items = groups.flat();
  const box = useRef<HTMLDivElement>(null);
  const list = useRovingList(items.length);
  useLayoutEffect(() => keepInside(box.current, x, y), [x, y]);
  // Before it is painted: what is typed next is meant for the menu.
  useLayoutEffect(() => box.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus(), []);
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      menu.close();
    } else if (event.key === 'Enter' || event.key === ' ') {
      // The choice gives the keyboard back at once: the editor must not take the same key as text.
      event.preventDefault();
      (event.target as HTMLElement).click();
    } else {
      list.onKeyDown(event);
    }
  };
  return (
    <div
      ref={box}
      className="context-menu"
      role="menu"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={onKeyDown}
      onContextMenu={(event) => event.preventDefault()}
      onBlur={({ relatedTarget }) => {
        if (box.current?.contains(relatedTarget) !== true) {
          menu.request.set(undefined);
        }
      }}
    >
      {groups.map((group, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the groups of one menu never change
        <div key={index} className="context-menu-group">
          {group.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              className="context-menu-item"
              {...list.item(items.indexOf(item))}
              onClick={() => {
                menu.close();
                item.run();
              }}
            >
              <span>{item.label}</span>
              {item.hint !== undefined && <kbd>{item.hint}</kbd>}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

/** Moves the menu so far that all of it is in the window. */
function keepInside(box: HTMLElement | null, x: number, y: number): void {
  if (box !== null) {
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(0, Math.min(x, window.innerWidth - width))}px`;
    box.style.top = `${Math.max(0, Math.min(y, window.innerHeight - height))}px`;
  }
}
