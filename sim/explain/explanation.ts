// Explains one fault: the walk that led to it, the bits at fault, the rule, and who wrote them when.
// It runs the access again on the bytes that the SMMU had read. Only when that run ends in the very
// event that was recorded is anything claimed; otherwise the explanation says that it cannot tell.

import { big } from '../base/hex.ts';
import type { EventName } from '../smmu/spec/events.ts';
import type { TraceKind } from '../trace/kinds.ts';
import { notRecorded } from '../trace/record-groups.ts';
import {
  badAtsRequest,
  badCd,
  badSte,
  badStreamId,
  badSubstreamId,
  streamDisabled,
  translationForbidden,
} from './culprit-config.ts';
import type { WalkCase } from './culprit-walk.ts';
import { access, addressSize, fetchAbort, permission, translation } from './culprit-walk.ts';
import { type Facts, factsOf } from './facts.ts';
import { blamePointer } from './pointer.ts';
import type { Hardware, Outcome } from './replay.ts';
import { replay } from './replay.ts';
import { type SeenMemory, seenMemory, storedMemory } from './seen.ts';
import type { Culprit, Structure } from './structure.ts';
import type { CallSite, TraceIndex, WordAt } from './trace-index.ts';
import type { Trail } from './trail.ts';
import { trailOf } from './trail.ts';
import { causeOf } from './undo.ts';

/** A fault with its cause, as far as the trace proves it. */
export interface Explanation extends Omit<Facts, 'words' | 'sent'> {
  /** Number of the event in the session, from 1. */
  readonly number: number;
  /** Structures in the order the SMMU read them, with the bytes it had. */
  readonly steps: readonly Structure[];
  readonly culprit: Culprit | undefined;
  /** Bits that broke the rule, where other bits, the culprit, are the reason that they were read. */
  readonly symptom: Culprit | undefined;
  /** Call that wrote the guilty bytes last, and the one before it. */
  readonly writtenBy: CallSite | undefined;
  readonly writtenBefore: CallSite | undefined;
  /** An older call that made the guilty bits what they are: the last one left them so. */
  readonly bitsSince: CallSite | undefined;
  /** The last writer was the allocation that zeroed the bytes: nothing has been stored since. */
  readonly neverStored: boolean;
  /** The guilty bytes are not those of the last known store: who changed them cannot be told. */
  readonly writerUnknown: boolean;
  /** The script's call that made the access. */
  readonly accessedBy: CallSite | undefined;
  /** Nobody ever wrote the guilty bytes: the pointer that led there may be wrong. */
  readonly suspect:
    | { readonly pointer: Culprit; readonly writtenBy: CallSite | undefined }
    | undefined;
  /** The guilty bytes had been changed in memory, but the SMMU still held the old ones. */
  readonly stale: { readonly changedBy: CallSite | undefined } | undefined;
  /** Why nothing can be told; the rest is then empty. */
  readonly unknown: string | undefined;
}

type Finder = (given: WalkCase) => Culprit | undefined;

const FINDERS: Readonly<Partial<Record<EventName, Finder>>> = {
  C_BAD_STREAMID: badStreamId,
  F_STE_FETCH: fetchAbort,
  C_BAD_STE: badSte,
  F_BAD_ATS_TREQ: badAtsRequest,
  F_STREAM_DISABLED: streamDisabled,
  F_TRANSL_FORBIDDEN: translationForbidden,
  C_BAD_SUBSTREAMID: badSubstreamId,
  F_CD_FETCH: fetchAbort,
  C_BAD_CD: badCd,
  F_WALK_EABT: fetchAbort,
  F_TRANSLATION: translation,
  F_ADDR_SIZE: addressSize,
  F_ACCESS: access,
  F_PERMISSION: permission,
};

/** What a proof rests on: without one of these a wrong line could be blamed. */
const RESTS_ON: readonly TraceKind[] = [
  'event',
  'event_result',
  'fetch',
  'mem_write',
  'alloc',
  'descriptor_update',
  'mmio_read',
  'mmio_write',
  'command',
  'dma',
];

/** Explains the event of record `record`, one of `index.events`. */
export function explainEvent(index: TraceIndex, record: number, hardware: Hardware): Explanation {
  const facts = factsOf(index, record);
  const number = index.events.indexOf(record) + 1;
  const accessedBy = index.callSite(record);
  const missing = notRecorded(index.source.omitted, RESTS_ON);
  const proven =
    missing === undefined
      ? (prove(index, facts, hardware, seenMemory(index, record)) ??
        prove(index, facts, hardware, storedMemory(index, record)))
      : undefined;
  if (proven === undefined) {
    return {
      ...facts,
      number,
      steps: [],
      culprit: undefined,
      symptom: undefined,
      writtenBy: undefined,
      writtenBefore: undefined,
      bitsSince: undefined,
      neverStored: false,
      writerUnknown: false,
      accessedBy,
      suspect: undefined,
      stale: undefined,
      unknown: missing ?? unknownReason(facts.name),
    };
  }
  const { culprit, symptom, trail, memory } = proven;
  return {
    ...facts,
    number,
    steps: trail.all,
    culprit,
    symptom: culprit === symptom ? undefined : symptom,
    ...writersOf(index, culprit, memory),
    accessedBy,
    suspect: suspectOf(index, culprit, trail, memory),
    stale: staleness(index, culprit, memory, record),
    unknown:
      culprit === undefined ? 'the rule that was broken could not be singled out' : undefined,
  };
}

/** Runs the access again; the blame, if the run ends as the event says. */
function prove(index: TraceIndex, facts: Facts, hardware: Hardware, memory: SeenMemory) {
  const { record: when, sid, ssid, address = 0n, flags } = facts;
  const access = { sid, ssid, address, flags };
  const outcome = replay(index, hardware, access, { when, memory });
  if (!sameEvent(outcome, facts)) {
    return undefined;
  }
  const trail = trailOf(outcome.fetches, memory, { sid, ssid });
  const given: WalkCase = {
    index,
    when,
    features: hardware.features,
    sid,
    ssid,
    trail,
    s2: facts.stage2,
    class: facts.class,
    address,
    ipa: facts.ipa,
    flags,
  };
  const symptom = FINDERS[facts.name as EventName]?.(given);
  const sent = { ...access, flags: facts.sent };
  const cause = causeOf({ index, hardware, access: sent, when, memory, trail, symptom });
  return { culprit: cause ?? symptom, symptom, trail, memory };
}

/** Stall and STAG differ between a run and its repetition; nothing else may. */
const STALL_BITS = 0x8000_ffffn;

function sameEvent({ event }: Outcome, { words }: Facts): boolean {
  return (
    event !== undefined &&
    event[0] === words[0] &&
    (event[1] & ~STALL_BITS) === (words[1] & ~STALL_BITS) &&
    event[2] === words[2] &&
    event[3] === words[3]
  );
}

function unknownReason(name: string): string {
  return (
    `the trace does not tell what the SMMU had read: repeating the access does not end in ${name}` +
    ' (records may be missing, or a device wrote the tables)'
  );
}

const NOBODY = {
  writtenBy: undefined,
  writtenBefore: undefined,
  bitsSince: undefined,
  neverStored: false,
  writerUnknown: false,
};

function writersOf(index: TraceIndex, culprit: Culprit | undefined, memory: SeenMemory) {
  const place = culprit?.place;
  if (place === undefined) {
    return NOBODY;
  }
  const word =
    'pa' in place ? memory.wordAt(place.pa) : index.registerAt(place.register, memory.asOf(-1));
  if (word === undefined || word.writer === 0 || word.uncertain) {
    return { ...NOBODY, writerUnknown: word?.uncertain === true };
  }
  const neverStored = index.record(word.writer)?.kind === 'alloc';
  const before = 'pa' in place ? index.wordAt(place.pa, word.writer - 1) : undefined;
  return {
    writtenBy: index.callSite(word.writer),
    bitsSince: 'pa' in place ? bitsSince(index, place.pa, word, culprit) : undefined,
    neverStored,
    writerUnknown: false,
    writtenBefore:
      before === undefined || index.record(before.writer)?.kind !== 'mem_write'
        ? undefined
        : index.callSite(before.writer),
  };
}

/** Stores to one word that are looked through for the one that made the bits what they are. */
const STORES_SEARCHED = 16;

/** The call that made the guilty bits what they are, when later stores to the word left them so. */
function bitsSince(
  index: TraceIndex,
  pa: number,
  word: WordAt,
  { hi, lo }: Pick<Culprit, 'hi' | 'lo'> = { hi: 0, lo: 0 },
): CallSite | undefined {
  const mask = ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo % 64);
  const change = index
    .stores(pa, word.writer, STORES_SEARCHED)
    .find(
      ({ before, after }) => ((big(before.lo, before.hi) ^ big(after.lo, after.hi)) & mask) !== 0n,
    );
  const stored = index.wordAt(pa, word.writer);
  if (stored.lo !== word.lo || stored.hi !== word.hi) {
    return undefined;
  }
  const since = change === undefined ? undefined : index.callSite(change.id);
  return since?.id === index.callSite(word.writer)?.id ? undefined : since;
}

/** The pointer to a structure of which no byte was ever written, nor zeroed by an allocation. */
function suspectOf(
  index: TraceIndex,
  culprit: Culprit | undefined,
  trail: Trail,
  memory: SeenMemory,
): Explanation['suspect'] {
  const structure = culprit?.structure;
  if (structure === undefined || memory.wordAt(structure.pa).writer !== 0) {
    return undefined;
  }
  const pointer = blamePointer(trail, structure, 'may lead to the wrong place');
  return pointer && { pointer, writtenBy: writersOf(index, pointer, memory).writtenBy };
}

/** The guilty word in memory is no longer what the SMMU used. */
function staleness(
  index: TraceIndex,
  culprit: Culprit | undefined,
  memory: SeenMemory,
  record: number,
): Explanation['stale'] {
  const place = culprit?.place;
  if (place === undefined || !('pa' in place)) {
    return undefined;
  }
  const used = index.wordAt(place.pa, memory.asOf(place.pa));
  const now = index.wordAt(place.pa, record);
  return used.lo === now.lo && used.hi === now.hi
    ? undefined
    : { changedBy: index.callSite(now.writer) };
}
