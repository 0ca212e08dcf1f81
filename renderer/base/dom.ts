// Small things about elements and keys.

/** Whether the machine is a Mac, which has Cmd where others have Ctrl. Outside of a window it is none. */
export const IS_MAC = globalThis.navigator?.platform?.startsWith('Mac') === true;

/** Joins class names, leaving out what is false. */
export function classes(...names: readonly (string | false | undefined)[]): string {
  return names.filter((name) => typeof name === 'string' && name !== '').join(' ');
}

/** When a painted change was ready, and when the frame that shows it began: milliseconds of the page. */
export interface PaintDetail {
  readonly ready: number;
  readonly frame: number;
}

/**
 * Marks the performance timeline when what was just changed is painted: a message that is sent while the
 * next frame is made arrives when its style, layout and paint are done. The mark carries a
 * {@link PaintDetail}.
 */
export function markWhenPainted(name: string): void {
  const ready = performance.now();
  requestAnimationFrame((frame) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      performance.mark(name, { detail: { ready, frame } satisfies PaintDetail });
      port1.close();
    };
    port2.postMessage(undefined);
  });
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
