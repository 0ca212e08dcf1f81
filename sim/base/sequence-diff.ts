// Shortest edit between two sequences (Myers' greedy algorithm), after common ends are taken off.

/** A run of one kind: items `a` to `aEnd` of the first and `b` to `bEnd` of the second sequence. */
export interface EditRun {
  /** Items are the same in both, or differ: then either range may be empty. */
  readonly same: boolean;
  readonly a: number;
  readonly aEnd: number;
  readonly b: number;
  readonly bEnd: number;
}

/** Beyond this many edits the middle is taken as one difference: memory grows with their square. */
const MOST_EDITS = 2000;

/** Runs that lead from one sequence of `length` items to another; `equal` compares item to item. */
export function editRuns(
  aLength: number,
  bLength: number,
  equal: (a: number, b: number) => boolean,
): EditRun[] {
  let head = 0;
  const shorter = Math.min(aLength, bLength);
  while (head < shorter && equal(head, head)) {
    head++;
  }
  let tail = 0;
  while (tail < shorter - head && equal(aLength - 1 - tail, bLength - 1 - tail)) {
    tail++;
  }
  const runs = new Runs();
  runs.add(true, head, head);
  const [aCount, bCount] = [aLength - head - tail, bLength - head - tail];
  const path = shortestPath(aCount, bCount, (a, b) => equal(head + a, head + b));
  if (path === undefined) {
    runs.add(false, aCount, bCount);
  } else {
    for (const step of path) {
      runs.add(step === 'same', step === 'insert' ? 0 : 1, step === 'delete' ? 0 : 1);
    }
  }
  runs.add(true, tail, tail);
  return runs.list;
}

type Step = 'same' | 'delete' | 'insert';

/** Collects steps into runs. */
class Runs {
  readonly list: EditRun[] = [];
  #a = 0;
  #b = 0;

  add(same: boolean, aCount: number, bCount: number): void {
    if (aCount === 0 && bCount === 0) {
      return;
    }
    const last = this.list.at(-1);
    const joins = last?.same === same;
    const [a, b] = joins ? [last.a, last.b] : [this.#a, this.#b];
    this.#a += aCount;
    this.#b += bCount;
    const run = { same, a, aEnd: this.#a, b, bEnd: this.#b };
    if (joins) {
      this.list[this.list.length - 1] = run;
    } else {
      this.list.push(run);
    }
  }
}

/** Steps of a shortest edit, or undefined when it has more than {@link MOST_EDITS}. */
function shortestPath(
  aLength: number,
  bLength: number,
  equal: (a: number, b: number) => boolean,
): Step[] | undefined {
  const most = Math.min(aLength + bLength, MOST_EDITS);
  /** Furthest position in `a` on each diagonal (a - b), offset by `most + 1`; one copy an edit. */
  const furthest = new Int32Array(2 * most + 3);
  const history: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    history.push(furthest.slice(most + 1 - edits, most + 2 + edits));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = most + 1 + diagonal;
      const down = diagonal === -edits || (diagonal !== edits && isBelow(furthest, at));
      let a = down ? (furthest[at + 1] as number) : (furthest[at - 1] as number) + 1;
      while (a < aLength && a - diagonal < bLength && equal(a, a - diagonal)) {
        a++;
      }
      furthest[at] = a;
      if (a >= aLength && a - diagonal >= bLength) {
        return walkBack(history, aLength, bLength);
      }
    }
  }
  return undefined;
}

/** True when the diagonal above reaches further than the one below. */
function isBelow(furthest: Int32Array, at: number): boolean {
  return (furthest[at - 1] as number) < (furthest[at + 1] as number);
}

/** `history[d]` holds the diagonals -d..d as they were before edit `d`. */
function walkBack(history: readonly Int32Array[], aLength: number, bLength: number): Step[] {
  const steps: Step[] = [];
  let a = aLength;
  let b = bLength;
  for (let edits = history.length - 1; edits >= 0; edits--) {
    const before = history[edits] as Int32Array;
    const reach = (diagonal: number): number => before[diagonal + edits] ?? -1;
    const diagonal = a - b;
    const down =
      diagonal === -edits || (diagonal !== edits && reach(diagonal - 1) < reach(diagonal + 1));
    const aStart = edits === 0 ? 0 : down ? reach(diagonal + 1) : reach(diagonal - 1) + 1;
    while (a > aStart) {
      steps.push('same');
      a--;
      b--;
    }
    if (edits > 0) {
      steps.push(down ? 'insert' : 'delete');
      [a, b] = down ? [a, b - 1] : [a - 1, b];
    }
  }
  return steps.reverse();
}
