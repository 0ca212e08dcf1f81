// How things stand in the window when a key is pressed: what `when` clauses ask.

import type { KeyContext } from '../../sim/protocol/when.ts';
import type { WorkbenchModel } from './workbench.ts';

/** The context now. */
export function keyContext({ debug }: Pick<WorkbenchModel, 'debug'>): KeyContext {
  const focused = document.activeElement;
  const isIn = (selector: string): boolean => focused?.closest(selector) != null;
  return {
    editorTextFocus: isIn('.editor-pane .monaco-editor'),
    consoleFocus: isIn('.console-pane'),
    inputFocus: isIn('input, textarea, select, [contenteditable], .monaco-editor'),
    inDebugMode: debug.state.value !== 'inactive',
    debugState: debug.state.value,
  };
}

/** Lets an editor that waits for the second key of a chord stop waiting: Escape is none that it knows. */
export function endEditorChord(): void {
  const press = { key: 'Escape', code: 'Escape', keyCode: 27, bubbles: true };
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', press));
}
