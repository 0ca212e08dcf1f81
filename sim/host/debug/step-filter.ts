// One step is one statement: which stops of the engine lie inside a statement that the user has seen.

import { ForHeads } from './loop-heads.ts';
import type { PausedStack } from './paused-stack.ts';
import type { ScriptSource, SourcePlace } from './script-source.ts';
import type { Going } from './stop-reason.ts';

/** Places behind a call in one statement that a step passes over. */
const MOST_SKIPPED = 4;

interface LastStop {
  /** Frames of all kinds, and those of the script. */
  readonly depth: number;
  readonly own: number;
  readonly place: SourcePlace | undefined;
  /** In the middle of a call of the simulator. */
  readonly isBreak: boolean;
}

/** Remembers the last stop that was shown. */
export class StepFilter {
  readonly #heads: ForHeads;
  #last: LastStop = { depth: 0, own: 0, place: undefined, isBreak: false };
  /** Stops passed over since. */
  #skipped = 0;

  constructor(text: string) {
    this.#heads = new ForHeads(text);
  }

  /** A stop is shown. */
  shown(stack: PausedStack, isBreak: boolean): void {
    const { place } = stack;
    this.#last = { depth: stack.depth, own: stack.own.length, place, isBreak };
    this.#skipped = 0;
  }

  /**
   * True for a stop inside a statement that the user has seen: in a compiled condition in front of it, at
   * the end of a return whose value is ready, elsewhere in the head of a loop, or behind the call in which
   * the simulator stopped.
   * `isNew`: a breakpoint or the simulator stopped here.
   */
  isMidway(source: ScriptSource, stack: PausedStack, going: Going, isNew: boolean): boolean {
    const top = stack.own[0];
    if (top === undefined || isNew) {
      return top !== undefined && stack.onTop && source.isInsert(top.location);
    }
    const { place } = stack;
    const { depth, own, place: before, isBreak } = this.#last;
    const sameLine = going.how === 'step' && before?.line === place?.line;
    const returns = sameLine && top.returnValue !== undefined && stack.depth === depth;
    const sameHead =
      going.how === 'step' &&
      before !== undefined &&
      place !== undefined &&
      stack.depth === depth &&
      this.#heads.share(before, place);
    const called = sameLine && isBreak && stack.own.length === own;
    if ((called || sameHead) && this.#skipped < MOST_SKIPPED) {
      this.#skipped++;
      return true;
    }
    return returns || source.isInsert(top.location);
  }
}
