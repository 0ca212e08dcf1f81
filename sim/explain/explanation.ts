// Explains one fault: the walk that led to it, the bits at fault, the rule, and who wrote them when.
// It runs the access again on the bytes that the SMMU had read. Only when that run ends in the very
// event that was recorded is anything claimed; otherwise the explanation says that it cannot tell.

import {
  TXN_ATS_REQUEST,
  TXN_INSTRUCTION,
  TXN_PRIVILEGED,
  TXN_TRANSLATED,
  TXN_WRITE,
} from '../machine/transaction.ts';
import type { FieldTable } from '../regs/record.ts';
import type { EventName } from '../smmu/spec/events.ts';
import { EVENT_BY_TYPE, EVENTS } from '../smmu/spec/events.ts';
import type { TraceKind } from '../trace/kinds.ts';
import { K } from '../trace/kinds.ts';
import { scanTrace } from '../trace/reader.ts';
import { notRecorded } from '../trace/record-groups.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
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
import { blamePointer } from './pointer.ts';
import type { AsOf, Hardware, Outcome } from './replay.ts';
import { eventWords, replay } from './replay.ts';
import type { Culprit, Structure } from './structure.ts';
import { anyRecord } from './structure.ts';
import type { CallSite, TraceIndex } from './trace-index.ts';
import type { Trail } from './trail.ts';
import { trailOf } from './trail.ts';

/** A fault with its cause, as far as the trace proves it. */
export interface Explanation {
  /** Record of the event, and its number in the session, from 1. */
  readonly record: number;
  readonly number: number;
  readonly name: string;
  readonly type: number;
  readonly sid: number;
  /** -1: without a SubstreamID. */
  readonly ssid: number;
  readonly address: bigint | undefined;
  /** TXN_* bits. */
  readonly flags: number;
  readonly stage2: boolean;
  /** With stage 2: 0 CD, 1 TT, 2 IN, and the address that stage 2 was given. */
  readonly class: number;
  readonly ipa: bigint;
  /** Structures in the order the SMMU read them, with the bytes it had. */
  readonly steps: readonly Structure[];
  readonly culprit: Culprit | undefined;
  /** Call that wrote the guilty bytes last, and the one before it. */
  readonly writtenBy: CallSite | undefined;
  readonly writtenBefore: CallSite | undefined;
  /** The last writer was the allocation that zeroed the bytes: nothing has been stored since. */
  readonly neverStored: boolean;
  /** False: who called what was left out of the trace. */
  readonly callsRecorded: boolean;
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

const TXN_ANY_ATS = TXN_TRANSLATED | TXN_ATS_REQUEST;

/** Explains the event of record `record`, one of `index.events`. */
export function explainEvent(index: TraceIndex, record: number, hardware: Hardware): Explanation {
  const facts = factsOf(index, record);
  const number = index.events.indexOf(record) + 1;
  const accessedBy = index.callSite(record);
  const missing = notRecorded(index.source.omitted, RESTS_ON);
  const proven =
    missing === undefined
      ? (prove(index, facts, hardware, seenBytes(index, record)) ??
        prove(index, facts, hardware, () => record))
      : undefined;
  if (proven === undefined) {
    return {
      ...facts,
      number,
      steps: [],
      culprit: undefined,
      writtenBy: undefined,
      writtenBefore: undefined,
      neverStored: false,
      accessedBy,
      suspect: undefined,
      stale: undefined,
      unknown: missing ?? unknownReason(facts.name),
    };
  }
  const { culprit, trail, asOf } = proven;
  const writers = writersOf(index, culprit, asOf);
  return {
    ...facts,
    number,
    steps: trail.all,
    culprit,
    ...writers,
    accessedBy,
    suspect: suspectOf(index, culprit, trail, asOf),
    stale: staleness(index, culprit, asOf, record),
    unknown:
      culprit === undefined ? 'the rule that was broken could not be singled out' : undefined,
  };
}

/** What the event record itself says. */
interface Facts {
  readonly record: number;
  readonly name: string;
  readonly type: number;
  readonly sid: number;
  readonly ssid: number;
  readonly address: bigint | undefined;
  readonly flags: number;
  readonly stage2: boolean;
  readonly class: number;
  readonly ipa: bigint;
  readonly words: readonly [bigint, bigint, bigint, bigint];
  readonly callsRecorded: boolean;
}

function factsOf(index: TraceIndex, record: number): Facts {
  const data = index.record(record)?.data ?? {};
  const event = ['w0', 'w1', 'w2', 'w3'].map((name) => BigInt(data[name] ?? 0));
  const words = eventWords(event);
  const head = EVENTS.F_PERMISSION;
  const type = head.get(words, 'Type');
  const name = EVENT_BY_TYPE.get(type);
  const table = name === undefined ? undefined : anyRecord<FieldTable>(EVENTS[name]);
  const views = table?.describe(words) ?? [];
  const field = (key: string): bigint =>
    BigInt(views.find((view) => view.name === key)?.value ?? 0);
  const hasAddress = table?.fields['InputAddr'] !== undefined;
  const dma = dmaOf(index, record, head.get(words, 'StreamID'));
  const seen =
    (field('RnW') === 0n ? TXN_WRITE : 0) |
    (field('PnU') === 1n ? TXN_PRIVILEGED : 0) |
    (field('InD') === 1n ? TXN_INSTRUCTION : 0);
  return {
    record,
    name: name ?? `event 0x${type.toString(16)}`,
    type,
    sid: head.get(words, 'StreamID'),
    ssid:
      head.get(words, 'SSV') === 1 || type === EVENTS.C_BAD_SUBSTREAMID.type
        ? head.get(words, 'SubstreamID')
        : -1,
    address: hasAddress ? field('InputAddr') : dma?.address,
    flags:
      hasAddress && type >= EVENTS.F_WALK_EABT.type
        ? seen | ((dma?.flags ?? 0) & TXN_ANY_ATS)
        : (dma?.flags ?? 0),
    stage2: field('S2') === 1n,
    class: Number(field('CLASS')),
    ipa: field('IPA'),
    words: event as unknown as Facts['words'],
    callsRecorded: index.source.omitted?.includes('call') !== true,
  };
}

/** The access that raised the event: its own record follows the event's. */
function dmaOf(
  index: TraceIndex,
  record: number,
  sid: number,
): { address: bigint; flags: number } | undefined {
  for (let id = record + 1; id < record + DMA_WITHIN; id++) {
    const next = index.record(id);
    if (next?.kind === 'dma' && next.data['sid'] === sid) {
      return { address: BigInt(next.data['iova'] ?? 0), flags: Number(next.data['flags']) };
    }
  }
  return undefined;
}

const DMA_WITHIN = 8;

/** Each word as the SMMU last read it: cached structures keep the bytes of their fetch. */
function seenBytes(index: TraceIndex, record: number): AsOf {
  const lastFetch = new Map<number, number>();
  scanTrace(index.source, (kind, id, words, at) => {
    if (kind === K.fetch && id < record) {
      const payload = at + HEADER_WORDS;
      const lo = (words[payload + 4] as number) >>> 0;
      const hi = (words[payload + 5] as number) >>> 0;
      lastFetch.set(hi * 2 ** 32 + lo, id);
    }
  });
  return (pa) => lastFetch.get(pa) ?? lastFetch.get(Math.floor(pa / ENTRY) * ENTRY) ?? record;
}

/** Bytes of an STE or a CD: one fetch covers all of it. */
const ENTRY = 64;

/** Runs the access again; the blame, if the run ends as the event says. */
function prove(index: TraceIndex, facts: Facts, hardware: Hardware, asOf: AsOf) {
  const { record, sid, ssid, address = 0n, flags } = facts;
  const outcome = replay(index, hardware, { sid, ssid, address, flags }, { when: record, asOf });
  if (!sameEvent(outcome, facts)) {
    return undefined;
  }
  const trail = trailOf(index, outcome.fetches, asOf, { sid, ssid });
  const given: WalkCase = {
    index,
    when: record,
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
  const culprit = FINDERS[facts.name as EventName]?.(given);
  return { culprit, trail, asOf };
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

const NOBODY = { writtenBy: undefined, writtenBefore: undefined, neverStored: false };

function writersOf(index: TraceIndex, culprit: Culprit | undefined, asOf: AsOf) {
  const place = culprit?.place;
  if (place === undefined) {
    return NOBODY;
  }
  const word =
    'pa' in place
      ? index.wordAt(place.pa, asOf(place.pa))
      : index.registerAt(place.register, asOf(-1));
  if (word === undefined || word.writer === 0 || word.uncertain) {
    return NOBODY;
  }
  const neverStored = index.record(word.writer)?.kind === 'alloc';
  const before = 'pa' in place ? index.wordAt(place.pa, word.writer - 1) : undefined;
  return {
    writtenBy: index.callSite(word.writer),
    neverStored,
    writtenBefore:
      before === undefined || index.record(before.writer)?.kind !== 'mem_write'
        ? undefined
        : index.callSite(before.writer),
  };
}

/** The pointer to a structure of which no byte was ever written, nor zeroed by an allocation. */
function suspectOf(
  index: TraceIndex,
  culprit: Culprit | undefined,
  trail: Trail,
  asOf: AsOf,
): Explanation['suspect'] {
  const structure = culprit?.structure;
  if (structure === undefined || index.wordAt(structure.pa, asOf(structure.pa)).writer !== 0) {
    return undefined;
  }
  const pointer = blamePointer(trail, structure, 'may lead to the wrong place');
  return pointer && { pointer, writtenBy: writersOf(index, pointer, asOf).writtenBy };
}

/** The guilty word in memory is no longer what the SMMU used. */
function staleness(
  index: TraceIndex,
  culprit: Culprit | undefined,
  asOf: AsOf,
  record: number,
): Explanation['stale'] {
  const place = culprit?.place;
  if (place === undefined || !('pa' in place)) {
    return undefined;
  }
  const used = index.wordAt(place.pa, asOf(place.pa));
  const now = index.wordAt(place.pa, record);
  return used.lo === now.lo && used.hi === now.hi
    ? undefined
    : { changedBy: index.callSite(now.writer) };
}
