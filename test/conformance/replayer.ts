// What each kind of recorded vector brings: how to know it and how to replay one case of it.

/** What became of one case. */
export interface Verdict {
  readonly id: string;
  readonly category: string;
  /** `apart`: not counted (a recorded deviation of the other side, decided in a table), with the reason. */
  readonly outcome: 'agreed' | 'diverged' | 'apart';
  /** Expected against actual, or the reason. */
  readonly detail?: string;
}

/** One kind of vector file, told apart by its content. */
export interface Replayer {
  readonly name: string;
  /** True when a parsed line of the file is of this kind. */
  matches(line: Readonly<Record<string, unknown>>): boolean;
  replay(line: Readonly<Record<string, unknown>>): Verdict;
}
