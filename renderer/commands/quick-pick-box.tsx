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
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const shown = filterItems(request.items, query);
  const current = Math.min(selected, Math.max(shown.length - 1, 0));
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    document.getElementById(`${listId}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current, listId]);
  const choose = (item: PickItem<unknown> | undefined): void => {
    dialog.current?.close();
    request.done(item === undefined ? undefined : request.items.indexOf(item));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setSelected(Math.min(Math.max(current + step, 0), Math.max(shown.length - 1, 0)));
    } else if (event.key === 'Enter' && shown[current] !== undefined) {
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
      onCancel={() => request.done(undefined)}
      onClick={(event) => event.target === dialog.current && choose(undefined)}
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
      <PickList id={listId} items={shown} selected={current} choose={choose} />
    </dialog>
  );
}

function PickList(props: {
  readonly id: string;
  readonly items: readonly PickItem<unknown>[];
  readonly selected: number;
  readonly choose: (item: PickItem<unknown>) => void;
}): ReactElement {
  if (props.items.length === 0) {
    return <p className="quick-pick-none">Nothing matches</p>;
  }
  return (
    <div id={props.id} role="listbox" className="quick-pick-list">
      {props.items.map((item, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
        <div
          key={`${item.label} ${item.detail ?? ''}`}
          id={`${props.id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === props.selected}
          className={classes('quick-pick-item', index === props.selected && 'selected')}
          onClick={() => props.choose(item)}
        >
          <span className="quick-pick-label">{item.label}</span>
          <span className="quick-pick-detail">{item.detail}</span>
          <span className="quick-pick-hint">{item.hint}</span>
        </div>
      ))}
    </div>
  );
}
