// What a person may leave out of a trace: kinds of records in groups, chosen by a text such as
// `calls,dma` or `all,-fetches`. A session says what it leaves out, so that nothing is guessed from it.

import type { TraceKind } from './kinds.ts';
import { TRACE_KIND_NAMES } from './kinds.ts';

/** The groups; each kind is in exactly one. */
export const RECORD_GROUPS = {
  calls: ['call', 'return', 'wait'],
  log: ['log', 'diagnostic', 'drained'],
  objects: ['object', 'state'],
  memory: ['mem_write', 'alloc', 'free', 'descriptor_update'],
  registers: ['mmio_read', 'mmio_write'],
  commands: ['command'],
  fetches: ['fetch'],
  caches: ['cache', 'tlb_entry', 'walk_entry', 'atc_entry'],
  dma: ['dma', 'ats', 'device'],
  events: ['event', 'event_result', 'ppr', 'stall'],
  interrupts: ['irq', 'msi'],
} as const satisfies Readonly<Record<string, readonly TraceKind[]>>;

/** Name of a group. */
export type RecordGroup = keyof typeof RECORD_GROUPS;

/** Names in the order of the table. */
export const RECORD_GROUP_NAMES = Object.keys(RECORD_GROUPS) as readonly RecordGroup[];

/** What is in each group, for people. */
export const GROUP_TITLES: Readonly<Record<RecordGroup, string>> = {
  calls: 'calls of the script and of the kernel, with what they return',
  log: 'lines of the kernel log and of the console',
  objects: 'devices, groups, domains, PASIDs: how they come, change and go',
  memory: 'stores to structures and tables, allocations',
  registers: 'reads and writes of the SMMU’s registers',
  commands: 'commands that the SMMU consumes',
  fetches: 'structures and descriptors that the SMMU reads',
  caches: 'hits, insertions and invalidations, and what entries hold',
  dma: 'accesses of devices, ATS',
  events: 'events, page requests, stalls',
  interrupts: 'interrupt lines and MSIs',
};

/** A choice that cannot be understood. */
export class RecordChoiceError extends Error {
  override readonly name = 'RecordChoiceError';
}

/**
 * The kinds that a choice leaves out, in the order of the kinds. Words are groups or kinds; with a `-`
 * before it a word takes away. A choice that only takes away begins with all.
 *
 * @param text e.g. `all`, `calls,dma`, `all,-fetches`
 * @throws RecordChoiceError naming the word and what there is
 */
export function omittedBy(text: string): readonly TraceKind[] {
  const words = text.split(',').map((word) => word.trim());
  const kept = new Set<TraceKind>(words[0]?.startsWith('-') === true ? TRACE_KIND_NAMES : []);
  for (const word of words) {
    const away = word.startsWith('-');
    for (const kind of kindsOf(away ? word.slice(1) : word)) {
      if (away) {
        kept.delete(kind);
      } else {
        kept.add(kind);
      }
    }
  }
  return TRACE_KIND_NAMES.filter((kind) => !kept.has(kind));
}

/** The kinds that are left out when only these groups are recorded. */
export function omittedWithout(groups: readonly RecordGroup[]): readonly TraceKind[] {
  return groups.length === 0 ? TRACE_KIND_NAMES : omittedBy(groups.join(','));
}

/** Groups of which one of the `needed` kinds was left out. */
export function missingGroups(
  omitted: readonly TraceKind[] | undefined,
  needed: readonly TraceKind[],
): readonly RecordGroup[] {
  const missing = needed.filter((kind) => omitted?.includes(kind) === true);
  return RECORD_GROUP_NAMES.filter((group) =>
    RECORD_GROUPS[group].some((kind) => missing.includes(kind)),
  );
}

/** `fetches and caches were not recorded`; undefined when nothing is missing. */
export function notRecorded(
  omitted: readonly TraceKind[] | undefined,
  needed: readonly TraceKind[] = TRACE_KIND_NAMES,
): string | undefined {
  const groups: readonly string[] = missingGroups(omitted, needed);
  const last = groups.at(-1);
  if (last === undefined) {
    return undefined;
  }
  const others = groups.slice(0, -1).join(', ');
  const plural = groups.length > 1 || last.endsWith('s');
  return `${others === '' ? '' : `${others} and `}${last} ${plural ? 'were' : 'was'} not recorded`;
}

function kindsOf(word: string): readonly TraceKind[] {
  if (word === 'all') {
    return TRACE_KIND_NAMES;
  }
  const group = RECORD_GROUP_NAMES.find((name) => name === word);
  if (group !== undefined) {
    return RECORD_GROUPS[group];
  }
  const kind = TRACE_KIND_NAMES.find((name) => name === word);
  if (kind === undefined) {
    throw new RecordChoiceError(
      `no group of records '${word}' (there is: all, ${RECORD_GROUP_NAMES.join(', ')}, or one kind)`,
    );
  }
  return [kind];
}
