// Breakpoints with a condition, a hit count or a text to print: the script calls in here where they
// stand, and the answer says whether it must stop.

/** Outcome of evaluating an expression of the user. */
export type Evaluated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

const HIT_CONDITION = /^\s*(>=|<=|==|=|>|<|%)?\s*(\d+)\s*$/;

const COMPARE: Readonly<Record<string, (hits: number, wanted: number) => boolean>> = {
  '=': (hits, wanted) => hits === wanted,
  '==': (hits, wanted) => hits === wanted,
  '>=': (hits, wanted) => hits >= wanted,
  '<=': (hits, wanted) => hits <= wanted,
  '>': (hits, wanted) => hits > wanted,
  '<': (hits, wanted) => hits < wanted,
  '%': (hits, wanted) => wanted > 0 && hits % wanted === 0,
};

/** What a hit condition asks for, or undefined when it is none. */
export function parseHitCondition(text: string): ((hits: number) => boolean) | undefined {
  const found = HIT_CONDITION.exec(text);
  const compare = COMPARE[found?.[1] ?? '='];
  return found === null || compare === undefined
    ? undefined
    : (hits) => compare(hits, Number(found[2]));
}

/** Counts hits of one run. Breakpoints compiled into the text call with their id negated. */
export class HitTable {
  readonly #print: (text: string) => void;
  readonly #counts = new Map<number, number>();
  readonly #told = new Set<string>();
  #stopped: number[] = [];
  #retired: ReadonlySet<number> = new Set();

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Breakpoints that stand in the text and are no longer wanted. */
  retire(ids: readonly number[]): void {
    this.#retired = new Set(ids);
  }

  /** Ids of the breakpoints that let the script stop since the last call. */
  take(): readonly number[] {
    const stopped = this.#stopped;
    this.#stopped = [];
    return stopped.map(Math.abs);
  }

  /**
   * The script is at a breakpoint. True when it must stop: also when the condition throws, since the
   * user wants to see why.
   */
  check(
    { id, hit }: { readonly id: number; readonly hit: string },
    condition: (() => Evaluated) | undefined,
    log: (() => Evaluated) | undefined,
  ): boolean {
    if (this.#retired.has(id)) {
      return false;
    }
    const held = condition?.();
    if (held?.ok === false) {
      this.#tellOnce(`the condition of a breakpoint failed: ${held.error}`);
      this.#stopped.push(id);
      return true;
    }
    if (held !== undefined && !held.value) {
      return false;
    }
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (hit !== '' && parseHitCondition(hit)?.(count) !== true) {
      return false;
    }
    if (log !== undefined) {
      const text = log();
      this.#print(text.ok ? String(text.value) : `a logpoint failed: ${text.error}`);
      return false;
    }
    this.#stopped.push(id);
    return true;
  }

  #tellOnce(text: string): void {
    if (!this.#told.has(text)) {
      this.#told.add(text);
      this.#print(text);
    }
  }
}
