// The leak report at the end of a run: what the script took and never gave back, and where it took it.
// A run that an error ended gets none: the script had no chance to clean up.

import type { Leak } from '../kernel/leaks.ts';
import type { Place } from '../protocol/api.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import { scriptCallOf } from '../trace/reader.ts';
import type { Recorder } from '../trace/recorder.ts';

/** Leaks of one kind that are told one by one; the rest is counted. */
const MOST_LINES = 8;
const SECTION = 'leak report';

const PLURALS: Readonly<Record<Leak['what'], string>> = {
  pasid: 'PASIDs',
  domain: 'domains',
  mapping: 'DMA mappings',
  page: 'pages',
  memory: 'pieces of kmalloc memory',
};

/** Where the report goes. */
export interface LeakReportTarget {
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;
  /** Name of the script. */
  readonly file: string;
  /** Runs `tell` with the place of the script that the line is about. */
  at(place: Place | undefined, tell: () => void): void;
}

/** Tells what is held, each with the line that took it, as `api-misuse` diagnostics. */
export function reportLeaks(leaks: readonly Leak[], target: LeakReportTarget): void {
  const { recorder, diagnostics } = target;
  const counts = new Map<Leak['what'], number>();
  for (const leak of leaks) {
    const count = (counts.get(leak.what) ?? 0) + 1;
    counts.set(leak.what, count);
    if (count <= MOST_LINES) {
      const { place, text, cause } = describeLeak(leak, target);
      target.at(place, () => {
        const saved = recorder.cause;
        recorder.cause = cause;
        diagnostics.report('api-misuse', SECTION, text);
        recorder.cause = saved;
      });
    }
  }
  for (const [what, count] of counts) {
    if (count > MOST_LINES) {
      const text = `${count - MOST_LINES} more ${PLURALS[what]} are held at the end`;
      target.at(undefined, () => diagnostics.report('api-misuse', SECTION, text));
    }
  }
}

/** `PASID 1 is held by auxd at the end: taken by iommu_attach_device()`, and where that call stands. */
function describeLeak(
  { text, cause }: Leak,
  { recorder, file }: LeakReportTarget,
): { readonly text: string; readonly cause: number; readonly place?: Place } {
  const call = scriptCallOf(recorder, cause);
  if (call === undefined) {
    return { text: `${text} at the end`, cause: 0 };
  }
  const { fn, line, column } = call.data;
  return {
    text: `${text} at the end: taken by ${String(fn)}()`,
    cause: call.id,
    place: { file, line: Number(line), column: Number(column) },
  };
}
