// What the record of an event says, and the access behind it.

import {
  TXN_ATS_REQUEST,
  TXN_INSTRUCTION,
  TXN_PRIVILEGED,
  TXN_TRANSLATED,
  TXN_WRITE,
} from '../machine/transaction.ts';
import type { FieldTable } from '../regs/record.ts';
import { EVENT_BY_TYPE, EVENTS } from '../smmu/spec/events.ts';
import { anyRecord } from '../smmu/spec/layouts.ts';
import { eventWords } from './replay.ts';
import type { TraceIndex } from './trace-index.ts';

const TXN_ANY_ATS = TXN_TRANSLATED | TXN_ATS_REQUEST;

/** What the event record itself says. */
export interface Facts {
  readonly record: number;
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
  readonly words: readonly [bigint, bigint, bigint, bigint];
  /** False: who called what was left out of the trace. */
  readonly callsRecorded: boolean;
  /** TXN_* bits as the device sent them, before the STE's overrides, where the trace has them. */
  readonly sent: number;
}

/** Reads the event of record `record`, and the access that raised it. */
export function factsOf(index: TraceIndex, record: number): Facts {
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
    ssid: substreamOf(words, dma?.ssid),
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
    sent: dma?.flags ?? seen,
  };
}

/** -1: none. C_BAD_SUBSTREAMID has one always, whether the access had or not (IHI 0070 7.3.9). */
function substreamOf(words: Int32Array, sent: number | undefined): number {
  const head = EVENTS.F_PERMISSION;
  const recorded = head.get(words, 'SubstreamID');
  return head.get(words, 'Type') === EVENTS.C_BAD_SUBSTREAMID.type
    ? (sent ?? recorded)
    : head.get(words, 'SSV') === 1
      ? recorded
      : -1;
}

/** The access that raised the event: its own record follows the event's. */
function dmaOf(
  index: TraceIndex,
  record: number,
  sid: number,
): { address: bigint; flags: number; ssid: number } | undefined {
  for (let id = record + 1; id < record + DMA_WITHIN; id++) {
    const next = index.record(id);
    if (next?.kind === 'dma' && next.data['sid'] === sid) {
      const { iova, flags, ssid } = next.data;
      return { address: BigInt(iova ?? 0), flags: Number(flags), ssid: Number(ssid) };
    }
  }
  return undefined;
}

const DMA_WITHIN = 8;
