// Asks for a key by letting a person press it. Enter takes it, Escape leaves; Tab reaches the buttons.

import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { useStore } from '../base/store.ts';
import { isModifier, keyLabel, keyOf } from './keys.ts';
import type { KeyRequest, Prompts } from './quick-pick.ts';

/** Shows the question for a key, if there is one. */
export function KeyBox({ prompts }: { readonly prompts: Prompts }): ReactElement | null {
  const request = useStore(prompts.keyRequest);
  return request === undefined ? null : <Question request={request} />;
}

function Question({ request }: { readonly request: KeyRequest }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const [key, setKey] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const answer = (keys: readonly string[] | 'default' | undefined): void => {
    dialog.current?.close();
    request.done(keys);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const pressed = keyOf(event.nativeEvent);
    if (pressed === 'Tab' || pressed === 'Shift+Tab' || isModifier(event.nativeEvent)) {
      return;
    }
    event.preventDefault();
    if (pressed === 'Escape') {
      answer(undefined);
    } else if (pressed !== 'Enter') {
      setKey((before) =>
        before === '' || before.includes(' ') || pressed === before
          ? pressed
          : `${before} ${pressed}`,
      );
    } else if (key !== '') {
      answer([key]);
    }
  };
  const others = key === '' ? [] : request.others(key);
  const now = request.keys.map(keyLabel).join(' or ');
  return (
    <dialog
      ref={dialog}
      className="ask key-box"
      aria-labelledby="key-box-title"
      onCancel={() => answer(undefined)}
    >
      <h2 id="key-box-title">{request.command}</h2>
      <p id="key-box-help">
        Press the new key, then Enter. Two keys one after the other make a chord.{' '}
        {now === '' ? 'It has no key now.' : `It has ${now} now.`}
      </p>
      <input
        type="text"
        aria-label="New key"
        aria-describedby="key-box-help key-box-others"
        readOnly
        value={key === '' ? '' : keyLabel(key)}
        onKeyDown={onKeyDown}
      />
      <output id="key-box-others" className="key-box-others">
        {others.length > 0 && `⚠ Also the key of ${others.join(', ')}; the newer one wins.`}
      </output>
      <div className="ask-answers">
        <button
          type="button"
          className="primary"
          disabled={key === ''}
          onClick={() => answer([key])}
        >
          Use Key
        </button>
        <button type="button" className="secondary" onClick={() => answer([])}>
          Remove Key
        </button>
        <button type="button" className="secondary" onClick={() => answer('default')}>
          Reset
        </button>
        <button type="button" className="secondary" onClick={() => answer(undefined)}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
