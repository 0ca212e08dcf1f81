// Small things about elements and keys.

/** Whether the machine is a Mac, which has Cmd where others have Ctrl. */
export const IS_MAC = navigator.platform.startsWith('Mac');

/** Joins class names, leaving out what is false. */
export function classes(...names: readonly (string | false | undefined)[]): string {
  return names.filter((name) => typeof name === 'string' && name !== '').join(' ');
}

/** Marks the performance timeline when what was just changed is on the screen: a frame after the next. */
export function markWhenPainted(name: string): void {
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(name)));
}

/**
 * Puts text on the clipboard, during a key press or click. Works whatever has focus and selection, and
 * without the clipboard permission, which no page of ours gets.
 */
export function copyText(text: string): void {
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener('copy', fill, { capture: true });
  document.execCommand('copy');
  window.removeEventListener('copy', fill, { capture: true });
}
