// Who notices a slip: the kernel by a return value, the hardware by a fault, only the workbench by a
// diagnostic, or nobody. Told by comparing a rehearsal with the run as it was written.

import type { SessionSummary } from './summary.ts';

/** Who noticed, first of all. */
export type Noticed = 'return value' | 'fault' | 'diagnostic' | 'nobody';

export const NOTICED: readonly Noticed[] = ['return value', 'fault', 'diagnostic', 'nobody'];

/** A rehearsal: what was done wrong, and how it ended. */
export interface Rehearsal {
  readonly fn: string;
  readonly line: number;
  readonly kind: 'omitted' | 'doubled';
  readonly noticed: Noticed;
  /** What was seen: `iommu_map returns -ENODEV`, `C_BAD_CD`, the diagnostic. */
  readonly sign: string;
}

/** How a run ended, beside its trace. */
export interface Ending {
  readonly summary: SessionSummary;
  /** Message of the script's error, if it had one. */
  readonly error?: string;
}

/** What shows that `slipped` is not `intended`. */
export function noticedBy(intended: Ending, slipped: Ending): Pick<Rehearsal, 'noticed' | 'sign'> {
  const refused = refusedCall(intended.summary, slipped.summary);
  if (refused !== undefined) {
    return { noticed: 'return value', sign: refused };
  }
  const event = extra(intended.summary.events, slipped.summary.events);
  if (event !== undefined) {
    return { noticed: 'fault', sign: event };
  }
  const diagnostic = extra(intended.summary.diagnostics, slipped.summary.diagnostics);
  if (diagnostic !== undefined) {
    return { noticed: 'diagnostic', sign: diagnostic };
  }
  if (slipped.error !== undefined && intended.error === undefined) {
    return { noticed: 'return value', sign: slipped.error };
  }
  return { noticed: 'nobody', sign: '' };
}

/** An error that some call returned only in the rehearsal. */
function refusedCall(intended: SessionSummary, slipped: SessionSummary): string | undefined {
  const usual = new Set(intended.calls.map(({ fn, result }) => `${fn} ${result}`));
  const found = slipped.calls.find(
    ({ fn, result }) => /^(-[E\d]|null$|threw)/.test(result) && !usual.has(`${fn} ${result}`),
  );
  return found === undefined ? undefined : `${found.fn} returns ${found.result}`;
}

/** The first of `slipped` that occurs there more often than in `intended`. */
function extra(intended: readonly string[], slipped: readonly string[]): string | undefined {
  const left = new Map<string, number>();
  for (const text of intended) {
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  return slipped.find((text) => {
    const count = (left.get(text) ?? 0) - 1;
    left.set(text, count);
    return count < 0;
  });
}
