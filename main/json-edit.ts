// Changes in the text of a JSON file with comments, which leave everything else as a person wrote it.

import type { Node } from 'jsonc-parser';
import { applyEdits, createScanner, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';

const FORMAT = { insertSpaces: true, tabSize: 2, eol: '\n' } as const;

/** How JSON is read here. */
export const PARSING = { allowTrailingComma: true, disallowComments: false } as const;

/** What to set at a place of the root, undefined to remove it; -1 appends to an array. */
export interface Change {
  readonly key: string | number;
  readonly value: unknown;
}

/** The text after a change. @param text can be read, see {@link PARSING} */
export function changeJson(text: string, { key, value }: Change): string {
  const root = parseTree(text, [], PARSING);
  const isNew = root !== undefined && findNodeAtLocation(root, [key]) === undefined;
  const appended = isNew && value !== undefined ? append(text, root, key, value) : undefined;
  return appended ?? applyEdits(text, modify(text, [key], value, { formattingOptions: FORMAT }));
}

/**
 * A new line before the closing bracket, so that a comment behind the last entry stays with it. Undefined
 * where the bracket has no line of its own.
 */
function append(
  text: string,
  root: Node,
  key: string | number,
  value: unknown,
): string | undefined {
  const close = root.offset + root.length - 1;
  const lineStart = text.lastIndexOf('\n', close) + 1;
  if (lineStart <= root.offset || text.slice(lineStart, close).trim() !== '') {
    return undefined;
  }
  const last = root.children?.at(-1);
  const end = last === undefined ? root.offset + 1 : last.offset + last.length;
  const hasComma = last === undefined || commaIn(text.slice(end, close));
  const name = typeof key === 'string' ? `${JSON.stringify(key)}: ` : '';
  const comma = last !== undefined && hasComma ? ',' : '';
  const line = `  ${name}${oneLine(value)}${comma}\n`;
  return `${text.slice(0, end)}${hasComma ? '' : ','}${text.slice(end, lineStart)}${line}${text.slice(lineStart)}`;
}

function commaIn(text: string): boolean {
  const scanner = createScanner(text, true);
  scanner.scan();
  return text[scanner.getTokenOffset()] === ',';
}

function oneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  const parts = Object.entries(value).map(
    ([name, part]) => `${JSON.stringify(name)}: ${oneLine(part)}`,
  );
  return `{ ${parts.join(', ')} }`;
}
