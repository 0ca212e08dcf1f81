// The list at the top of the window: type to filter, arrows and Enter to choose, Escape to leave.

import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useId, useRef, useState } from 'react';
import { classes } from '../base/dom.ts';
import { useStore } from '../base/store.ts';
import type { PickItem, PickRequest, Prompts } from './quick-pick.ts';
import { filterItems } from './quick-pick.ts';

/** Shows the list that is asked for, if any. */
export function QuickPickBox({ prompts }: { readonly prompts: Prompts }): ReactElement | null {
  const request = useStore(prompts.pick);
  return request === undefined ? null : <Box key={keyFor(request)} request={request} />;
}

const KEYS = new WeakMap<PickRequest, number>();
let nextKey = 1;

/** A key per request, so that the next list starts with an empty field. */
function keyFor(request: PickRequest): number {
  const key = KEYS.get(request) ?? nextKey++;
  KEYS.set(request, key);
  return key;
}

function Box({ request }: { readonly request: PickRequest }): ReactElement {
  const [query, setQuery] = useState('');
  const [selected, setSelected] = useState(0);
  const [checked, setChecked] = useState(() => new Set(request.checked));
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const shown = filterItems(request.items, query);
  const current = Math.min(selected, Math.max(shown.length - 1, 0));
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.getElementById(`${listId}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current, listId]);
  const many = request.checked !== undefined;
  const leave = (chosen: readonly number[] | undefined): void => {
    dialog.current?.close();
    request.done(chosen);
  };
  const accept = (): void => leave([...checked]);
  const choose = (item: PickItem<unknown> | undefined): void => {
    if (item === undefined) {
      return;
    }
    const index = request.items.indexOf(item);
    if (many) {
      setChecked(toggled(checked, index));
    } else {
      leave([index]);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setSelected(Math.min(Math.max(current + step, 0), Math.max(shown.length - 1, 0)));
    } else if (event.key === 'Enter' && (many || shown[current] !== undefined)) {
      event.preventDefault();
      if (many) {
        accept();
      } else {
        choose(shown[current]);
      }
    } else if (event.key === ' ' && many) {
      event.preventDefault();
      choose(shown[current]);
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click outside has Escape as its key
    <dialog
      ref={dialog}
      className="quick-pick"
      aria-label={request.placeholder}
      onCancel={() => leave(undefined)}
      onClick={(event) => event.target === dialog.current && leave(undefined)}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={shown.length > 0 ? `${listId}-${current}` : undefined}
        aria-label={request.placeholder}
        placeholder={request.placeholder}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setSelected(0);
        }}
        onKeyDown={onKeyDown}
      />
      <PickList
        id={listId}
        items={shown}
        selected={current}
        checked={many ? (item) => checked.has(request.items.indexOf(item)) : undefined}
        choose={choose}
      />
      {many && (
        <div className="quick-pick-bar">
          <span>Space: choose or not; Enter: done; Escape: as before</span>
          <button type="button" className="bar-button" onClick={accept}>
            OK
          </button>
        </div>
      )}
    </dialog>
  );
}

function toggled(checked: ReadonlySet<number>, index: number): Set<number> {
  const next = new Set(checked);
  if (!next.delete(index)) {
    next.add(index);
  }
  return next;
}

function PickList(props: {
  readonly id: string;
  readonly items: readonly PickItem<unknown>[];
  readonly selected: number;
  /** Whether an item is chosen, where several can be. */
  readonly checked: ((item: PickItem<unknown>) => boolean) | undefined;
  readonly choose: (item: PickItem<unknown>) => void;
}): ReactElement {
  if (props.items.length === 0) {
    return <p className="quick-pick-none">Nothing matches</p>;
  }
  return (
    <div
      id={props.id}
      role="listbox"
      aria-label="Choices"
      aria-multiselectable={props.checked !== undefined}
      className="quick-pick-list"
    >
      {props.items.map((item, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
        <div
          key={`${item.label} ${item.detail ?? ''}`}
          id={`${props.id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === props.selected}
          aria-checked={props.checked?.(item)}
          className={classes('quick-pick-item', index === props.selected && 'selected')}
          onClick={() => props.choose(item)}
        >
          {props.checked !== undefined && (
            <span className="quick-pick-check" aria-hidden="true">
              {props.checked(item) ? '☑' : '☐'}
            </span>
          )}
          <span className="quick-pick-label">{item.label}</span>
          <span className="quick-pick-detail">{item.detail}</span>
          <span className="quick-pick-hint">{item.hint}</span>
        </div>
      ))}
    </div>
  );
}
