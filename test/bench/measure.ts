// What a topic of the benchmarks is: `npm run bench -- --json` prints the figures of all topics as one
// object. Time is processor time, so that what else the machine does counts less.

/** Figures by their key: numbers, or figures of layouts and sizes. */
export type Figures = Readonly<Record<string, unknown>>;

/** One file of measures. */
export interface Topic {
  readonly name: string;
  run(): Figures | Promise<Figures>;
}

/** Middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Processor time of `run`, nanoseconds for each of `times` operations. */
export function nanoseconds(times: number, run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / times;
}

/** Rounded as it is printed. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
