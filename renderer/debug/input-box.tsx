// One line of text that a command needs: a condition, a message, what to stop at.

import type { ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { Store, useStore } from '../base/store.ts';

/** A text that is asked for now. */
export interface InputRequest {
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  /** Offered while typing. */
  readonly choices: readonly string[];
  readonly done: (text: string | undefined) => void;
}

/** Asks for texts, one at a time. */
export class InputPrompt {
  readonly request = new Store<InputRequest | undefined>(undefined);

  /** The text that was typed; undefined when cancelled. */
  ask(given: Omit<InputRequest, 'done'>): Promise<string | undefined> {
    this.request.value?.done(undefined);
    return new Promise((resolve) => {
      this.request.set({
        ...given,
        done: (text) => {
          this.request.set(undefined);
          resolve(text);
        },
      });
    });
  }
}

/** Shows the question, if there is one. */
export function InputBox({ prompt }: { readonly prompt: InputPrompt }): ReactElement | null {
  const request = useStore(prompt.request);
  return request === undefined ? null : <Field key={request.label} request={request} />;
}

function Field({ request }: { readonly request: InputRequest }): ReactElement {
  const { label, placeholder, text, choices, done } = request;
  const [value, setValue] = useState(text);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  return (
    <div className="debug-input">
      <label>
        <span>{label}</span>
        <input
          ref={input}
          aria-label={label}
          placeholder={placeholder}
          list={choices.length > 0 ? 'debug-input-choices' : undefined}
          spellCheck={false}
          autoComplete="off"
          value={value}
          onChange={(event) => setValue(event.target.value)}
          onBlur={() => done(undefined)}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === 'Enter') {
              done(value.trim() === '' ? undefined : value.trim());
            } else if (event.key === 'Escape') {
              done(undefined);
            }
          }}
        />
      </label>
      <datalist id="debug-input-choices">
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </div>
  );
}
