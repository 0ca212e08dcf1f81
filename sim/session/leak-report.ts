// The leak report at the end of a run: what the script took and never gave back, and where it took it.
// A run that an error ended gets none: the script had no chance to clean up.

import type { Leak } from '../kernel/leaks.ts';
import type { Place } from '../protocol/api.ts';
import type { ScriptSite } from '../script/realm.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { TraceSource } from '../trace/reader.ts';
import { causeChain } from '../trace/reader.ts';
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
  placeOf(site: ScriptSite): Place;
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
      const { site, text } = describeLeak(leak, recorder);
      target.at(site === undefined ? undefined : target.placeOf(site), () => {
        diagnostics.report('api-misuse', SECTION, text);
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
  source: TraceSource,
): { readonly text: string; readonly site?: ScriptSite } {
  const call = causeChain(source, cause).find(
    ({ kind, data }) => kind === 'call' && Number(data['line']) > 0,
  );
  if (call === undefined) {
    return { text: `${text} at the end` };
  }
  const { fn, line, column } = call.data;
  return {
    text: `${text} at the end: taken by ${String(fn)}()`,
    site: { line: Number(line), column: Number(column) },
  };
}
