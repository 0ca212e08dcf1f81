// The prompt as a field under the log: Enter sends, the arrows walk the history, Tab completes.

import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { useStore } from '../base/store.ts';
import { useWithKey } from '../commands/use-key.ts';
import { useWorkbench } from '../workbench/context.ts';
import { Prompt } from './prompt.ts';

/** The line. */
export function PromptLine(): ReactElement {
  const { prompt, session, notice } = useWorkbench();
  const text = useStore(prompt.text);
  const commands = useStore(prompt.commands);
  const busy = useStore(prompt.busy);
  const ran = useStore(session.ran);
  const first = useWithKey('run a script', 'debug.start');
  const [choices, setChoices] = useState<readonly string[]>([]);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const run = (work: Promise<void>): void => {
    work.catch((error: Error) => notice.set(error.message));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === 'Enter') {
      setChoices([]);
      run(prompt.submit());
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      prompt.step(event.key === 'ArrowUp' ? -1 : 1);
    } else if (event.key === 'Tab' && !event.shiftKey) {
      const names = prompt.complete();
      if (names === undefined) {
        return;
      }
      setChoices(names);
    } else {
      return;
    }
    event.preventDefault();
  };
  const command = Prompt.commandOf(text, commands);
  const hint =
    command !== undefined
      ? `${command.usage}   ${command.help}`
      : choices.length > 0
        ? choices.join('  ')
        : '';
  return (
    <div className="prompt-line">
      <span className="prompt-sign" aria-hidden="true">
        &gt;
      </span>
      <input
        ref={input}
        type="text"
        aria-label="Console prompt"
        aria-describedby="prompt-hint"
        placeholder={
          ran === undefined
            ? `${first}, then ask: help`
            : 'ste 0x10, walk 0x10 1 0x70000000, explain last, help…'
        }
        spellCheck={false}
        autoComplete="off"
        value={text}
        readOnly={busy}
        onFocus={() => run(prompt.learn())}
        onChange={(event) => {
          setChoices([]);
          prompt.text.set(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <output id="prompt-hint" className="prompt-hint">
        {busy ? 'waiting for the script to pause…' : hint}
      </output>
    </div>
  );
}
