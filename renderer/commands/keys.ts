// Key presses in the spelling of the command table, and for people.

import { IS_MAC } from '../base/dom.ts';

/** What a physical key is called when its character depends on Shift or the layout. */
const BY_CODE: Readonly<Record<string, string>> = {
  Backquote: '`',
  Slash: '/',
  Comma: ',',
  Period: '.',
};

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
  return IS_MAC
    ? key.replace('Mod+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥')
    : key.replace('Mod', 'Ctrl');
}
