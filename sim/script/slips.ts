// Slips made on purpose: a rehearsal of a script in which one call is left out, or made twice. What then
// happens shows which mistakes an API lets pass, and who notices.

import { KERNEL_FUNCTIONS } from '../kernel/api-table.ts';

/** One slip: the n-th call, from 1, among those that can slip. */
export interface Slip {
  readonly call: number;
  readonly kind: 'omitted' | 'doubled';
}

/** Functions that act on the IOMMU, and whose result can be made up: 0, or nothing. */
const ACTING = /^(iommu|ioasid|dma|mdev|vfio|iopf|pci_(en|dis)able)_/;
const ASKING = /_(get|present|capable|has|enabled|id|find|phys|mask|error|for)(_|$)/;
const RESULTS: ReadonlySet<string> = new Set(['int', 'void', 'size']);

/** True for functions whose calls count and can slip. */
export function canSlip(name: string): boolean {
  const entry = Object.hasOwn(KERNEL_FUNCTIONS, name) ? KERNEL_FUNCTIONS[name] : undefined;
  return (
    entry !== undefined && RESULTS.has(entry.returns) && ACTING.test(name) && !ASKING.test(name)
  );
}

/** Counts the calls of one run and makes its slip. */
export class Slips {
  readonly #slip: Slip | undefined;
  #calls = 0;

  constructor(slip: Slip | undefined) {
    this.#slip = slip;
  }

  /** Runs `body` as often as the slip says; a call left out answers 0. */
  run(name: string, body: () => unknown): unknown {
    const slip = this.#slip;
    if (slip === undefined || !canSlip(name)) {
      return body();
    }
    this.#calls++;
    if (this.#calls !== slip.call) {
      return body();
    }
    if (slip.kind === 'omitted') {
      return 0;
    }
    body();
    return body();
  }
}
