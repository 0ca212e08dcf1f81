// An event record as scripts and messages see it: decoded by the hardware's own table (IHI 0070 7.3).

import { big, bigHi, bigLo, hex, hex64 } from '../base/hex.ts';
import type { EventRecordDto } from '../protocol/api.ts';
import type { RecordTable } from '../regs/record.ts';
import { EVENT_BY_TYPE, EVENTS } from '../smmu/spec/events.ts';

type AnyTable = Pick<RecordTable<Readonly<Record<string, never>>>, 'describe'>;

/** Decodes the four 64-bit words of an event record. */
export function decodeEventWords(words: readonly bigint[]): EventRecordDto {
  const halves = Int32Array.from(words.flatMap((word) => [bigLo(word), bigHi(word)]));
  const type = (halves[0] ?? 0) & 0xff;
  const name = EVENT_BY_TYPE.get(type);
  const table: AnyTable | undefined = name === undefined ? undefined : EVENTS[name];
  const fields = new Map(table?.describe(halves).map((field) => [field.name, field.value]));
  const has = (field: string): boolean => fields.has(field);
  const value = (field: string): bigint => BigInt(fields.get(field) ?? 0);
  const stalled = value('Stall') === 1n;
  const text = [0, 2, 4, 6].map((at) => hex64(halves[at] ?? 0, halves[at + 1] ?? 0));
  return {
    type,
    name: name ?? `event ${hex(type, 2)}`,
    sid: (halves[1] ?? 0) >>> 0,
    ...(value('SSV') === 1n ? { ssid: Number(value('SubstreamID')) } : {}),
    ...(has('InputAddr') ? { iova: value('InputAddr') } : {}),
    ...(value('S2') === 1n && has('IPA') ? { ipa: value('IPA') } : {}),
    ...(has('FetchAddr') ? { fetch_addr: value('FetchAddr') } : {}),
    ...(has('RnW') ? { rnw: value('RnW') === 1n } : {}),
    ...(has('PnU') ? { priv: value('PnU') === 1n } : {}),
    ...(has('InD') ? { inst: value('InD') === 1n } : {}),
    ...(has('Stall') ? { stall: stalled } : {}),
    ...(stalled ? { stag: Number(value('STAG')) } : {}),
    ...(has('S2') ? { s2: value('S2') === 1n } : {}),
    ...(has('CLASS') ? { class: CLASSES[Number(value('CLASS'))] ?? 'reserved' } : {}),
    words: [text[0] ?? '', text[1] ?? '', text[2] ?? '', text[3] ?? ''],
  };
}

const CLASSES = ['CD', 'TT', 'IN'];

/** The words of a record by their texts: for records out of the log and out of files. */
export function wordsOfText(texts: readonly string[]): bigint[] {
  return texts.map((text) => BigInt.asUintN(64, BigInt(text)));
}

/** The words of an `event` record of the trace from its halves at `at`. */
export function wordsAt(halves: Int32Array, at: number): bigint[] {
  return [0, 2, 4, 6].map((word) => big(halves[at + word] ?? 0, halves[at + word + 1] ?? 0));
}
