// The value under the pointer while a script stands still. What would change something is not evaluated.

import type { editor, IRange, languages } from 'monaco-editor/editor/editor.api.js';
import { languages as registry } from 'monaco-editor/editor/editor.api.js';
import type { Disposable } from '../../sim/base/disposable.ts';
import type { Documents } from '../editor/documents.ts';
import type { DebugView } from './debug-view.ts';

const LANGUAGE = 'typescript';

/** Offers values of the debugged document to the editor's hover. */
export function provideHovers(debug: DebugView, documents: Documents): Disposable {
  return registry.registerHoverProvider(LANGUAGE, {
    provideHover: async (model, position): Promise<languages.Hover | undefined> => {
      const isDebugged = documents.byUri(model.uri)?.id === debug.document.value;
      const found = isDebugged && debug.state.value === 'stopped' && expressionAt(model, position);
      if (!found) {
        return undefined;
      }
      const answer = await debug.evaluate(found.text, 'hover').catch(() => undefined);
      return answer?.ok === true
        ? { contents: [{ value: code(`${found.text} = ${answer.value}`) }], range: found.range }
        : undefined;
    },
  });
}

/** The name under the pointer with what it is a member of: `page.value`, not a call. */
function expressionAt(
  model: editor.ITextModel,
  { lineNumber, column }: { readonly lineNumber: number; readonly column: number },
): { readonly text: string; readonly range: IRange } | undefined {
  const word = model.getWordAtPosition({ lineNumber, column });
  if (word === null) {
    return undefined;
  }
  const before = model.getLineContent(lineNumber).slice(0, word.startColumn - 1);
  const owner = /(?:[A-Za-z_$][\w$]*\??\.)*$/.exec(before)?.[0] ?? '';
  return {
    text: owner + word.word,
    range: {
      startLineNumber: lineNumber,
      startColumn: word.startColumn - owner.length,
      endLineNumber: lineNumber,
      endColumn: word.endColumn,
    },
  };
}

function code(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
