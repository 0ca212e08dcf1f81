// The CONSOLE panel: the terminal, and the find box over it.

import type { ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../base/icons.tsx';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { ConsoleTerminal } from './console-terminal.ts';
import { PromptLine } from './prompt-line.tsx';

/** Shows the one console. */
export function ConsolePane(): ReactElement {
  const { console: terminal, consoleFind } = useWorkbench();
  const place = useRef<HTMLDivElement>(null);
  const finding = useStore(consoleFind);
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    terminal.attach(element);
    const observer = new ResizeObserver(() => terminal.fit());
    observer.observe(element);
    return () => observer.disconnect();
  }, [terminal]);
  const close = (): void => {
    consoleFind.set(false);
    terminal.focus();
  };
  return (
    <div className="console-pane">
      <div className="console-terminal" ref={place} />
      <PromptLine />
      {finding && <FindBox terminal={terminal} close={close} />}
    </div>
  );
}

function FindBox({
  terminal,
  close,
}: {
  readonly terminal: ConsoleTerminal;
  readonly close: () => void;
}): ReactElement {
  const [text, setText] = useState('');
  const [found, setFound] = useState(true);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    return () => terminal.endFind();
  }, [terminal]);
  const find = (what: string, direction: 'next' | 'previous'): void => {
    setFound(what === '' || terminal.find(what, direction));
  };
  return (
    <search className="console-find">
      <input
        ref={input}
        type="text"
        aria-label="Find in console"
        aria-invalid={!found}
        placeholder="Find"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          find(event.target.value, 'next');
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            find(text, event.shiftKey ? 'previous' : 'next');
          } else if (event.key === 'Escape') {
            close();
          }
        }}
      />
      <output className="find-result">{found ? '' : 'No results'}</output>
      <button type="button" aria-label="Previous match" onClick={() => find(text, 'previous')}>
        <Icon name="up" />
      </button>
      <button type="button" aria-label="Next match" onClick={() => find(text, 'next')}>
        <Icon name="down" />
      </button>
      <button type="button" aria-label="Close find" onClick={close}>
        <Icon name="close" />
      </button>
    </search>
  );
}
