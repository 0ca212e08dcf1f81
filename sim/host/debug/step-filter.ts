// One step is one statement: which stops of the engine lie inside a statement that the user has seen.

import { ForHeads } from './loop-heads.ts';
import type { PausedStack } from './paused-stack.ts';
import type { ScriptSource, SourcePlace } from './script-source.ts';
import type { ScriptTree } from './script-tree.ts';
import type { Going } from './stop-reason.ts';

/** Places in one statement that a step passes over. */
const MOST_SKIPPED = 20;

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
  readonly #tree: ScriptTree;
  #last: LastStop = { depth: 0, own: 0, place: undefined, isBreak: false };
  /** Stops passed over since. */
  #skipped = 0;

  constructor(text: string, tree: ScriptTree) {
    this.#heads = new ForHeads(text);
    this.#tree = tree;
  }

  /** A stop is shown. */
  shown(stack: PausedStack, isBreak: boolean): void {
    const { place } = stack;
    this.#last = { depth: stack.depth, own: stack.own.length, place, isBreak };
    this.#skipped = 0;
  }

  /**
   * True for a stop inside a statement that the user has seen: in a compiled condition in front of it, at
   * the end of a return whose value is ready, elsewhere in the statement or in the head of a loop, or
   * behind the call in which the simulator stopped.
   * `isNew`: a breakpoint or the simulator stopped here.
   */
  async isMidway(
    source: ScriptSource,
    stack: PausedStack,
    going: Going,
    isNew: boolean,
  ): Promise<boolean> {
    const top = stack.own[0];
    if (top === undefined || isNew || going.how !== 'step') {
      return top !== undefined && stack.onTop && source.isInsert(top.location);
    }
    const { place } = stack;
    const { depth, own, place: before, isBreak } = this.#last;
    const isLevel = stack.own.length === own;
    const sameLine = before?.line === place?.line;
    const returns = sameLine && top.returnValue !== undefined && stack.depth === depth;
    const called = sameLine && isBreak && isLevel;
    const isPart =
      called || (isLevel && before !== undefined && (await this.#isPart(before, place)));
    if (isPart && this.#skipped < MOST_SKIPPED) {
      this.#skipped++;
      return true;
    }
    return returns || source.isInsert(top.location);
  }

  /** True for two places of one statement; a place that comes again begins a new pass. */
  async #isPart(before: SourcePlace, now: SourcePlace | undefined): Promise<boolean> {
    if (now === undefined || (before.line === now.line && before.column === now.column)) {
      return false;
    }
    if (this.#heads.share(before, now)) {
      return true;
    }
    const script = await this.#tree.parsed();
    const statement = script?.statementAt(before);
    return statement !== undefined && statement === script?.statementAt(now);
  }
}
