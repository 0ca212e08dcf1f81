// One line of text that a command needs: a condition, a message, what to stop at. A breakpoint asks for
// several in one box, of which one is shown, as in VS Code.

import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { Store, useStore } from '../base/store.ts';

/** One text. */
export interface InputForm {
  /** In the list of forms, where there are several. */
  readonly name: string;
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  /** Offered while typing. */
  readonly choices?: readonly string[];
  /** What may be typed, below the field. */
  readonly help?: string;
}

/** Texts that are asked for now. */
export interface InputRequest {
  readonly forms: readonly InputForm[];
  /** The form that is shown first. */
  readonly shown: number;
  readonly done: (texts: readonly string[] | undefined) => void;
}

/** Asks for texts, one box at a time. */
export class InputPrompt {
  readonly request = new Store<InputRequest | undefined>(undefined);

  /** The text that was typed; undefined when cancelled or empty. */
  async ask(form: Omit<InputForm, 'name'>): Promise<string | undefined> {
    const [text = ''] = (await this.askAll([{ ...form, name: '' }])) ?? [];
    return text === '' ? undefined : text;
  }

  /** The texts of all forms, trimmed; undefined when cancelled. */
  askAll(forms: readonly InputForm[], shown = 0): Promise<readonly string[] | undefined> {
    this.request.value?.done(undefined);
    return new Promise((resolve) => {
      this.request.set({
        forms,
        shown,
        done: (texts) => {
          this.request.set(undefined);
          resolve(texts);
        },
      });
    });
  }
}

/** Shows the question, if there is one. */
export function InputBox({ prompt }: { readonly prompt: InputPrompt }): ReactElement | null {
  const request = useStore(prompt.request);
  return request === undefined ? null : (
    <Box key={request.forms.map(({ label }) => label).join()} request={request} />
  );
}

function Box({ request }: { readonly request: InputRequest }): ReactElement {
  const { forms, done } = request;
  const [shown, setShown] = useState(request.shown);
  const [texts, setTexts] = useState(() => forms.map(({ text }) => text));
  const box = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Escape') {
      done(undefined);
    } else if (event.key === 'Enter') {
      // The editor has the keyboard as soon as the box is gone, and must not take this key as text.
      event.preventDefault();
      done(texts.map((text) => text.trim()));
    }
  };
  const form = forms[shown];
  return (
    <div
      ref={box}
      className="debug-input"
      role="dialog"
      aria-label="Breakpoint"
      onKeyDown={onKeyDown}
      onBlur={({ relatedTarget }) => {
        if (box.current?.contains(relatedTarget) !== true) {
          done(undefined);
        }
      }}
    >
      {forms.length > 1 && (
        <select
          aria-label="What to edit"
          value={shown}
          onChange={({ target }) => setShown(Number(target.value))}
        >
          {forms.map(({ name }, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </select>
      )}
      {form !== undefined && (
        <Field
          key={form.label}
          form={form}
          text={texts[shown] ?? ''}
          change={(text) => setTexts(texts.with(shown, text))}
        />
      )}
    </div>
  );
}

function Field({
  form,
  text,
  change,
}: {
  readonly form: InputForm;
  readonly text: string;
  readonly change: (text: string) => void;
}): ReactElement {
  const { label, placeholder, choices = [], help } = form;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    input.current?.focus();
    input.current?.select();
    return () => {
      // Without the field the keyboard is nowhere, unless a click has taken it elsewhere.
      if (document.activeElement === document.body && before instanceof HTMLElement) {
        before.focus();
      }
    };
  }, []);
  return (
    <>
      <label>
        <span>{label}</span>
        <input
          ref={input}
          aria-label={label}
          aria-describedby={help === undefined ? undefined : 'debug-input-help'}
          placeholder={placeholder}
          list={choices.length > 0 ? 'debug-input-choices' : undefined}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => change(event.target.value)}
        />
      </label>
      {help !== undefined && (
        <p id="debug-input-help" className="debug-input-help dim">
          {help}
        </p>
      )}
      <datalist id="debug-input-choices">
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </>
  );
}
