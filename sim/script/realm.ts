// What a script realm offers to the layers above it. The host makes one (it needs a platform for that);
// the rules of crossing are in marshal.ts.

import type { GuestRealm } from './guest-realm.ts';

/** A place in the script's text; both count from 1. */
export interface ScriptSite {
  readonly line: number;
  readonly column: number;
}

/** What the platform provides for one script; a realm runs one script and is then left behind. */
export interface ScriptRealm {
  readonly guest: GuestRealm;
  /**
   * Place in the script of the innermost frame below the realm's function `below`; undefined when no
   * frame of the script is on the stack.
   */
  siteBelow(below: object): ScriptSite | undefined;
  /** Frames of the script that are running now, innermost first. */
  sitesNow(): readonly ScriptSite[];
  /** Frames of the script in a stack text of {@link GuestRealm.describe}, innermost first. */
  sitesIn(stack: string): readonly ScriptSite[];
  /**
   * Prepares for the script that messages call `file`. Returns the magic comment that must end its
   * text, so that stacks and debuggers name it.
   */
  open(file: string, environment: RealmEnvironment): string;
}

/** Answers of the session to the realm. */
export interface RealmEnvironment {
  /** Milliseconds of virtual time. */
  now(): number;
  /** Next number of the seeded sequence, 0 <= x < 1. */
  random(): number;
  /** Bytes that the simulator itself holds in buffers of this thread. */
  ownBytes(): number;
}

/** Why a script text does not run; column and line count from 1. */
export interface SyntaxFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Blanks out the types of a script, keeping lines and columns. */
export type TypeStripper = (
  text: string,
) =>
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly fault: SyntaxFault };
