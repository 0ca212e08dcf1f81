// Names of script sources as the engine knows them. Only these two may stop in a debugger; everything
// else, the simulator above all, is passed over.

/** Scheme of user scripts: `script:accel.ts`. */
export const SCRIPT_SCHEME = 'script:';

/** The tiny script that stops a thread in the middle of the simulator. */
export const BREAK_URL = 'substream:break';

/** Pattern of sources that are never stepped into. */
export const SIMULATOR_PATTERN = `^(?!${SCRIPT_SCHEME}|${BREAK_URL})`;

/** Source name of a user's script. */
export function scriptUrl(file: string): string {
  return `${SCRIPT_SCHEME}${encodeURIComponent(file)}`;
}
