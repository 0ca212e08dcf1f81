// The editor's options: what is fixed, and what settings say.

import type { editor } from 'monaco-editor/editor/editor.api.js';
import type { Preferences } from '../preferences/preferences.ts';

/** Height of a line by the size of its text. */
const LINE_HEIGHT = 1.54;

const FIXED: editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  glyphMargin: true,
  folding: true,
  lineNumbersMinChars: 4,
  scrollBeyondLastLine: false,
  smoothScrolling: false,
  renderLineHighlight: 'all',
  renderWhitespace: 'selection',
  bracketPairColorization: { enabled: false },
  guides: { indentation: true },
  fixedOverflowWidgets: true,
  overviewRulerBorder: false,
  padding: { top: 6, bottom: 6 },
  wordBasedSuggestions: 'off',
  suggest: { showWords: false, showStatusBar: true },
  hover: { delay: 300 },
  scrollbar: { verticalScrollbarSize: 12, horizontalScrollbarSize: 12, useShadows: false },
  stickyScroll: { enabled: false },
};

/** Options of an editor now. @param isScript false for the files of settings and keys */
export function editorOptions(
  preferences: Preferences,
  isScript: boolean,
): editor.IStandaloneEditorConstructionOptions {
  const { settings } = preferences;
  const fontSize = settings['editor.fontSize'];
  return {
    ...FIXED,
    fontFamily: settings['editor.fontFamily'] || 'var(--font-mono)',
    fontSize,
    lineHeight: Math.round(fontSize * LINE_HEIGHT),
    lineNumbers: settings['editor.lineNumbers'],
    minimap: { enabled: settings['editor.minimap.enabled'] },
    wordWrap: settings['editor.wordWrap'],
    accessibilitySupport: preferences.accessible ? 'on' : 'off',
    quickSuggestions: { other: true, comments: false, strings: !isScript },
  };
}

/** How the Tab key indents a text. */
export function indentation({ settings }: Preferences): editor.ITextModelUpdateOptions {
  const tabSize = settings['editor.tabSize'];
  return { tabSize, indentSize: tabSize, insertSpaces: settings['editor.insertSpaces'] };
}
