// The DEBUG CONSOLE panel: expressions of the script, evaluated where it stands.

import type { KeyboardEvent, ReactElement } from 'react';
import { useEffect, useRef, useState } from 'react';
import { useStore } from '../base/store.ts';
import { useWorkbench } from '../workbench/context.ts';
import type { ConsoleEntry } from './debug-view.ts';
import { VariableTree } from './variable-tree.tsx';

/** The console. */
export function DebugConsole(): ReactElement {
  const { debug, notice } = useWorkbench();
  const entries = useStore(debug.console);
  const [text, setText] = useState('');
  const [back, setBack] = useState(0);
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every new entry scrolls to the end
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [entries]);
  const inputs = entries.filter(({ kind }) => kind === 'input');
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && text.trim() !== '') {
      debug.submit(text.trim()).catch((error: Error) => notice.set(error.message));
      setText('');
      setBack(0);
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const next = back + (event.key === 'ArrowUp' ? 1 : -1);
      if (next >= 0 && next <= inputs.length) {
        setBack(next);
        setText(inputs.at(-next)?.text ?? '');
      }
      event.preventDefault();
    }
  };
  return (
    <div className="debug-console">
      <div className="debug-console-log" role="log" aria-label="Debug console">
        {entries.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries are only added
          <Entry key={index} entry={entry} />
        ))}
        <div ref={end} />
      </div>
      <label className="prompt-line">
        <span className="prompt-sign" aria-hidden="true">
          &gt;
        </span>
        <input
          type="text"
          aria-label="Debug console input"
          placeholder="an expression, evaluated where the script stands"
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </label>
    </div>
  );
}

function Entry({ entry }: { readonly entry: ConsoleEntry }): ReactElement {
  const { kind, text, reference } = entry;
  if (kind !== 'result') {
    return (
      <pre className={`debug-entry is-${kind}`}>
        {kind === 'input' ? '> ' : '✘ '}
        {text}
      </pre>
    );
  }
  return (
    <div className="debug-entry is-result">
      <VariableTree
        owner={0}
        variables={[{ name: '', value: text, type: '', reference, writable: false }]}
      />
    </div>
  );
}
