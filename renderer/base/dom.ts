// Small things about elements and keys.

/** Whether the machine is a Mac, which has Cmd where others have Ctrl. */
export const IS_MAC = navigator.platform.startsWith('Mac');

/** Joins class names, leaving out what is false. */
export function classes(...names: readonly (string | false | undefined)[]): string {
  return names.filter((name) => typeof name === 'string' && name !== '').join(' ');
}
