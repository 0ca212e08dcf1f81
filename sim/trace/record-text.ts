// One line of text for each trace record: what lists, exports and comparisons show.

import { hex } from '../base/hex.ts';
import { CERROR_NAMES } from '../smmu/spec/commands.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import type { DecodedEntry } from './decoded.ts';
import {
  bigOf,
  decodeCommand,
  decodeEvent,
  decodePageRequest,
  EVENT_RESULTS,
  fieldOf,
  fieldsText,
  numberOf,
  PPR_RESULTS,
  textOf,
} from './decoded.ts';
import { DIAGNOSTIC_CLASSES } from './diagnostics.ts';
import type { TraceKind } from './kinds.ts';
import {
  CACHE_HIT,
  CACHE_NAMES,
  CACHE_OP_NAMES,
  CACHE_WALK,
  ENTRY_GLOBAL,
  ENTRY_SIZE,
  ENTRY_STAGE2,
  FETCH_DESCRIPTOR,
  FETCH_NAMES,
} from './kinds.ts';
import type { TraceRecord } from './reader.ts';

const STALL_PHASES = ['stalls', 'is retried', 'is terminated'];
const ATS_OPS = [
  'translation request',
  'translation completion',
  'invalidation',
  'invalidation completion',
  'PRG response',
];
const DMA_STATUS = ['ok', 'aborted', 'RAZ/WI', 'stalled'];
/** CLASS of an event: what was being done. */
const CLASSES = ['CD fetch', 'table walk', 'input'];
/** As printk prints levels with names. */
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];

const REGISTER_AT: ReadonlyMap<number, string> = new Map(
  Object.entries(REGISTERS).map(([name, { offset }]) => [offset, name]),
);

/** What a record says, on one line. */
export function recordText(record: TraceRecord): string {
  return (TEXTS[record.kind] ?? plainText)(record);
}

/** The stream a record is about: `sid 0x10`, with its substream when it has one (`ssid` -1: none). */
export function streamText(sid: number, ssid: number): string {
  return ssid < 0 ? `sid ${hex(sid)}` : `sid ${hex(sid)} ssid ${ssid}`;
}

/** Name of the register at an offset, or the offset when it has none. */
export function registerName(offset: number): string {
  return REGISTER_AT.get(offset) ?? hex(offset, 3);
}

/** What an access did: `read`, `write`, `exec`, with `priv` in front for privileged ones. */
export function accessText(flags: number): string {
  const kind = flags & 1 ? 'write' : flags & 4 ? 'exec' : 'read';
  return flags & 2 ? `priv ${kind}` : kind;
}

const TEXTS: Readonly<Partial<Record<TraceKind, (record: TraceRecord) => string>>> = {
  call: (r) => `${textOf(r, 'fn')}(${textOf(r, 'args')})`,
  return: (r) => `returns ${textOf(r, 'value')}`.trimEnd(),
  log: (r) => `${name(LEVELS, r, 'level')}: ${textOf(r, 'text')}`,
  mmio_read: (r) => `${registerName(numberOf(r, 'offset'))} -> ${address(r, 'value')}`,
  mmio_write: (r) => `${registerName(numberOf(r, 'offset'))} <- ${address(r, 'value')}`,
  mem_write: (r) => `${textOf(r, 'what')} at ${address(r, 'pa')} <- ${address(r, 'value')}`,
  alloc: (r) => `${textOf(r, 'what')} at ${address(r, 'pa')}, ${bigOf(r, 'size')} bytes`,
  free: (r) => `${textOf(r, 'what')} at ${address(r, 'pa')}, ${bigOf(r, 'size')} bytes`,
  command: commandText,
  fetch: fetchText,
  cache: cacheText,
  dma: dmaText,
  event: eventText,
  event_result: (r) => `event ${name(EVENT_RESULTS, r, 'result')}, index ${numberOf(r, 'index')}`,
  ppr: pageRequestText,
  irq: (r) =>
    `irq ${numberOf(r, 'line')} ${textOf(r, 'name')}${numberOf(r, 'handled') ? '' : ', no handler'}`,
  msi: (r) =>
    `MSI ${hex(numberOf(r, 'data'))} to ${address(r, 'address')}${numberOf(r, 'ok') ? '' : ', aborted'}`,
  diagnostic: (r) =>
    `${name(DIAGNOSTIC_CLASSES, r, 'class')} (${textOf(r, 'section')}): ${textOf(r, 'text')}`,
  stall: (r) =>
    `sid ${hex(numberOf(r, 'sid'))} stag ${numberOf(r, 'stag')} ${name(STALL_PHASES, r, 'phase')}`,
  ats: (r) =>
    `ATS ${name(ATS_OPS, r, 'op')} ${streamText(numberOf(r, 'sid'), numberOf(r, 'ssid'))} ` +
    `${address(r, 'address')} value ${numberOf(r, 'value')}`,
  wait: (r) => `waits ${bigOf(r, 'ticks')} ns: ${textOf(r, 'why')}`,
  device: (r) => `${textOf(r, 'name')}: ${textOf(r, 'text')}`,
  descriptor_update: (r) =>
    `S${numberOf(r, 'stage')} L${numberOf(r, 'level')} descriptor at ${address(r, 'pa')} ` +
    `<- ${address(r, 'value')}, by the SMMU`,
  tlb_entry: (r) => `${entryTag(r)} -> ${address(r, 'pa')}${descriptors(r)}`,
  walk_entry: (r) => `${entryTag(r)} ${address(r, 'input')} -> table ${address(r, 'next')}`,
  atc_entry: (r) => `-> ${address(r, 'pa')} ${grantedText(numberOf(r, 'granted'))}`,
  drained: (r) => `event ${numberOf(r, 'number')}: ${textOf(r, 'text')}`,
  object: (r) => `${textOf(r, 'what')} ${numberOf(r, 'id')}: ${textOf(r, 'text')}`,
  state: (r) =>
    `${textOf(r, 'what')} ${textOf(r, 'name') || numberOf(r, 'id')} ${textOf(r, 'text') || 'is gone'}`,
};

/** `rwx`, as far as an ATC entry allows it. */
export function grantedText(granted: number): string {
  return ['r', 'w', 'x'].filter((_, bit) => granted & (1 << bit)).join('');
}

/** What a TLB or walk cache entry is tagged with, and its size. */
function entryTag(record: TraceRecord): string {
  const tag = numberOf(record, 'tag');
  const shape = numberOf(record, 'shape');
  const asid =
    shape & ENTRY_STAGE2 ? 'stage 2' : shape & ENTRY_GLOBAL ? 'global' : `asid ${tag & 0xffff}`;
  return `entry vmid ${tag >>> 16} ${asid}, 2^${shape & ENTRY_SIZE} bytes`;
}

function descriptors(record: TraceRecord): string {
  const found = (['s1', 's2'] as const).filter((field) => bigOf(record, field) !== 0n);
  return found.map((field) => ` ${field.toUpperCase()} at ${address(record, field)}`).join('');
}

/** For kinds that have no text of their own yet. */
function plainText(record: TraceRecord): string {
  return Object.entries(record.data)
    .map(([key, value]) => `${key}=${typeof value === 'bigint' ? hex(value) : value}`)
    .join(' ');
}

function commandText(record: TraceRecord): string {
  const entry = decodeCommand(record);
  const fields = fieldsText(entry);
  const error = numberOf(record, 'cerror');
  const refused = error === 0 ? '' : ` refused: ${CERROR_NAMES[error] ?? error}`;
  return `${entry.name}${fields === '' ? '' : ` ${fields}`}${refused}`;
}

function eventText(record: TraceRecord): string {
  const entry = decodeEvent(record);
  const field = (key: string): number => Number(fieldOf(entry, key) ?? 0);
  const parts = [entry.name, entryStream(entry)];
  if (fieldOf(entry, 'RnW') !== undefined) {
    const flags = (field('RnW') ? 0 : 1) | (field('PnU') ? 2 : 0) | (field('InD') ? 4 : 0);
    parts.push(accessText(flags));
  }
  for (const key of ['InputAddr', 'FetchAddr'] as const) {
    const value = fieldOf(entry, key);
    if (value !== undefined) {
      parts.push(`${key === 'FetchAddr' ? 'fetch at ' : ''}${hex(value)}`);
    }
  }
  if (fieldOf(entry, 'CLASS') !== undefined) {
    const stage = field('S2') ? `stage 2 ipa ${hex(fieldOf(entry, 'IPA') ?? 0)}` : 'stage 1';
    parts.push(`(${CLASSES[field('CLASS')] ?? 'reserved'}, ${stage})`);
  }
  return field('Stall') ? `${parts.join(' ')} stall stag ${field('STAG')}` : parts.join(' ');
}

function pageRequestText(record: TraceRecord): string {
  const entry = decodePageRequest(record);
  const field = (key: string): number => Number(fieldOf(entry, key) ?? 0);
  const wants = ['R', 'W', 'X'].filter((key) => field(key)).join('') || 'nothing';
  const priv = field('Priv') ? ' privileged' : '';
  const last = field('L') ? ', last of' : ',';
  return (
    `page request ${entryStream(entry)} ${hex(field('Address'))} ${wants}${priv}${last} group ` +
    `${field('PRGIndex')}: ${name(PPR_RESULTS, record, 'result')}`
  );
}

function entryStream(entry: DecodedEntry): string {
  const ssid = fieldOf(entry, 'SSV') ? Number(fieldOf(entry, 'SubstreamID')) : -1;
  return streamText(Number(fieldOf(entry, 'StreamID') ?? 0), ssid);
}

function fetchText(record: TraceRecord): string {
  const what = numberOf(record, 'what');
  const where =
    what === FETCH_DESCRIPTOR
      ? `S${numberOf(record, 'stage')} L${numberOf(record, 'level')} descriptor`
      : (FETCH_NAMES[what] ?? String(what));
  const value = numberOf(record, 'ok') ? address(record, 'value') : 'abort';
  return `fetch ${where} at ${address(record, 'pa')}: ${value}`;
}

/** Walk caches are tagged by VMID and ASID, not by stream; a hit tells the stream that hit. */
function cacheText(record: TraceRecord): string {
  const [sid, ssid] = [numberOf(record, 'sid'), numberOf(record, 'ssid')];
  const byTag = numberOf(record, 'cache') === CACHE_WALK && numberOf(record, 'op') !== CACHE_HIT;
  const whose = byTag ? `vmid ${sid} asid ${ssid}` : streamText(sid, ssid);
  const what = `${name(CACHE_NAMES, record, 'cache')} ${name(CACHE_OP_NAMES, record, 'op')}`;
  return `${what} ${whose} key ${address(record, 'key')}`;
}

function dmaText(record: TraceRecord): string {
  const status = numberOf(record, 'status');
  const end = status === 0 ? address(record, 'pa') : name(DMA_STATUS, record, 'status');
  const stream = streamText(numberOf(record, 'sid'), numberOf(record, 'ssid'));
  return `${accessText(numberOf(record, 'flags'))} ${stream} ${address(record, 'iova')} -> ${end}`;
}

function address(record: TraceRecord, field: string): string {
  return hex(bigOf(record, field));
}

function name(names: readonly string[], record: TraceRecord, field: string): string {
  const value = numberOf(record, field);
  return names[value] ?? `${field} ${value}`;
}
