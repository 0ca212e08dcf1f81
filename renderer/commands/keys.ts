// Key presses in the spelling of the command table, and for people.

import { IS_MAC } from '../base/dom.ts';

/** What a physical key is called when its character depends on Shift or the layout. */
const BY_CODE: Readonly<Record<string, string>> = {
  Backquote: '`',
  Slash: '/',
  Comma: ',',
  Period: '.',
  Minus: '-',
  Equal: '=',
  BracketLeft: '[',
  BracketRight: ']',
  Backslash: '\\',
  Semicolon: ';',
  Quote: "'",
  Space: 'Space',
};
const MODIFIERS: ReadonlySet<string> = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph']);

/** Whether only a modifier went down, so that more is to come. */
export function isModifier({ key }: KeyboardEvent): boolean {
  return MODIFIERS.has(key);
}

/** A key press as `Mod+Shift+P`. */
export function keyOf(event: KeyboardEvent): string {
  const mod = IS_MAC ? event.metaKey : event.ctrlKey;
  const parts = [
    mod && 'Mod',
    IS_MAC && event.ctrlKey && 'Ctrl',
    event.shiftKey && 'Shift',
    event.altKey && 'Alt',
    mainKey(event),
  ];
  return parts.filter((part) => part !== false).join('+');
}

function mainKey({ code, key }: KeyboardEvent): string {
  const letter = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  return letter ?? BY_CODE[code] ?? (key.length === 1 ? key.toUpperCase() : key);
}

/** A key of the command table as people read it. */
export function keyLabel(key: string): string {
  const plain = key.replaceAll('Arrow', '');
  return IS_MAC
    ? plain
        .replaceAll('Mod+', '⌘')
        .replaceAll('Ctrl+', '⌃')
        .replaceAll('Shift+', '⇧')
        .replaceAll('Alt+', '⌥')
    : plain.replaceAll('Mod', 'Ctrl');
}
