// One editor tab: a Monaco widget on the model of its document.

import { editor } from 'monaco-editor/editor/editor.api.js';
import type { ReactElement } from 'react';
import { useEffect, useRef } from 'react';
import { DisposableStore } from '../../sim/base/disposable.ts';
import { markWhenPainted } from '../base/dom.ts';
import { attachDebug } from '../debug/editor-debug.ts';
import { useWorkbench } from '../workbench/context.ts';

const OPTIONS: editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  fontFamily: 'var(--font-mono)',
  fontSize: 13,
  lineHeight: 20,
  glyphMargin: true,
  folding: true,
  lineNumbersMinChars: 4,
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  smoothScrolling: false,
  renderLineHighlight: 'all',
  renderWhitespace: 'selection',
  bracketPairColorization: { enabled: false },
  guides: { indentation: true },
  tabSize: 2,
  insertSpaces: true,
  fixedOverflowWidgets: true,
  overviewRulerBorder: false,
  padding: { top: 6, bottom: 6 },
  wordBasedSuggestions: 'off',
  quickSuggestions: { other: true, comments: false, strings: false },
  suggest: { showWords: false, showStatusBar: true },
  hover: { delay: 300 },
  scrollbar: { verticalScrollbarSize: 12, horizontalScrollbarSize: 12, useShadows: false },
  stickyScroll: { enabled: false },
  ariaLabel: 'Driver script',
};

/** Shows and edits document `id`. */
export function EditorPane({ id }: { readonly id: string }): ReactElement {
  const { documents, editors, debug, commands } = useWorkbench();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    const info = documents.get(id);
    if (element === null || info === undefined) {
      return;
    }
    const owned = new DisposableStore();
    const widget = owned.add(
      editor.create(element, {
        ...OPTIONS,
        model: documents.model(id),
        readOnly: info.recordedIn !== undefined,
        readOnlyMessage: { value: 'This is what was recorded. “Edit and Run” makes a copy.' },
        ariaLabel: `${info.name}, driver script`,
      }),
    );
    owned.add(editors.add(id, widget));
    owned.add(
      attachDebug(widget, id, debug, (line) => {
        editors.focus(id, { line, column: 1 });
        commands.run('debug.conditionalBreakpoint');
      }),
    );
    markWhenPainted('substream:editor');
    return () => owned.dispose();
  }, [documents, editors, debug, commands, id]);
  return <div className="editor-pane" ref={place} />;
}
