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
