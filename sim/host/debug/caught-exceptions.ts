// Whether the script itself catches an exception: the engine cannot tell, since the runner around the
// script catches everything. Looks for try blocks with a catch around the places on the stack.
// Limit: `promise.catch(...)` is not seen; what only that catches counts as uncaught.

import { scanScript } from './script-scan.ts';
import type { SourcePlace } from './script-source.ts';

interface Block {
  readonly from: number;
  readonly to: number;
}

/** Knows the try blocks of one text. */
export class CaughtExceptions {
  readonly #blocks: readonly Block[];
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    const { tries, lineStarts } = scanScript(text);
    this.#blocks = tries;
    this.#lineStarts = lineStarts;
  }

  /** True when one of the places, innermost first, is inside a try block that has a catch. */
  catches(stack: readonly SourcePlace[]): boolean {
    return stack.some(({ line, column }) => {
      const at = (this.#lineStarts[line - 1] ?? 0) + column - 1;
      return this.#blocks.some(({ from, to }) => at >= from && at < to);
    });
  }
}
