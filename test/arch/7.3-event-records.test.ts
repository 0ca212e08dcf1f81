import { describe, expect, it } from 'vitest';
import type { SmmuOptions } from '../../sim/smmu/smmu.ts';
import type { EventFields, EventSink } from '../../sim/smmu/smmu-state.ts';
import type { RigOptions } from '../support/smmu-rig.ts';
import { EVENTQ, EVENTQEN, IRQ, idleTranslator, REG, SmmuRig } from '../support/smmu-rig.ts';

/** A rig that hands out the sink which the translation side reports to. */
function rigWithSink(options: RigOptions = {}): { rig: SmmuRig; sink: EventSink } {
  const sinks: EventSink[] = [];
  const translator: SmmuOptions['translator'] = (state, events, stalls) => {
    sinks.push(events);
    return idleTranslator()(state, events, stalls);
  };
  const rig = new SmmuRig({ ...options, translator });
  const [sink] = sinks;
  if (sink === undefined) {
    throw new Error('no sink');
  }
  return { rig, sink };
}

/** Own copy of the places of 7.3, as [hi, lo] bits of the 256-bit record. */
const FIELDS: Readonly<Record<string, readonly [number, number]>> = {
  type: [7, 0],
  ssv: [11, 11],
  ssid: [31, 12],
  sid: [63, 32],
  stag: [79, 64],
  reason: [79, 64],
  span: [67, 64],
  p: [92, 92],
  x: [93, 93],
  w: [94, 94],
  r: [95, 95],
  stall: [95, 95],
  pnu: [97, 97],
  ind: [98, 98],
  rnw: [99, 99],
  s2: [103, 103],
  class: [105, 104],
  ttrnw: [108, 108],
  input: [191, 128],
  inputPage: [191, 140],
  fetch: [247, 195],
  ipa: [247, 204],
};

type Values = Readonly<Record<string, number | bigint>>;

/** The 256-bit record that has exactly these fields. */
function record(values: Values): bigint[] {
  let whole = 0n;
  for (const [name, value] of Object.entries(values)) {
    const [, lo] = FIELDS[name] ?? [0, 0];
    whole |= BigInt(value) << BigInt(lo);
  }
  return [0n, 64n, 128n, 192n].map((shift) => BigInt.asUintN(64, whole >> shift));
}

const INPUT = { inputLo: 0x9abc_def0 | 0, inputHi: 0x1234_5678 };
const ADDRESS = 0x1234_5678_9abc_def0n;
const ACCESS = { rnw: true, ind: true, pnu: true };
const HEAD = { sid: 0xfedc_ba98, ssid: 0xabcde };
const WHO = { ssv: 1, ssid: 0xabcde, sid: 0xfedc_ba98 };
const FAULT = { ...WHO, pnu: 1, ind: 1, rnw: 1, s2: 1, class: 1, input: ADDRESS };
const IPA = 0xf_ffff_ffff_f000;

const CASES: readonly (readonly [string, EventFields, Values])[] = [
  ['C_BAD_STREAMID', { type: 0x02, ...HEAD }, { type: 0x02, ...WHO }],
  [
    'F_STE_FETCH',
    { type: 0x03, ...HEAD, fetchAddr: 0x40_0000_1238, reason: 3 },
    { type: 0x03, ...WHO, reason: 3, fetch: 0x40_0000_1238n >> 3n },
  ],
  ['C_BAD_STE', { type: 0x04, ...HEAD }, { type: 0x04, ...WHO }],
  [
    'F_BAD_ATS_TREQ',
    { type: 0x05, ...HEAD, ...INPUT, span: 1, requested: 0b1111 },
    { type: 0x05, ...WHO, span: 1, r: 1, w: 1, x: 1, p: 1, inputPage: ADDRESS >> 12n },
  ],
  ['F_STREAM_DISABLED', { type: 0x06, ...HEAD }, { type: 0x06, ...WHO }],
  [
    'F_TRANSL_FORBIDDEN',
    { type: 0x07, ...HEAD, ...INPUT, ...ACCESS },
    { type: 0x07, ...WHO, rnw: 1, input: ADDRESS },
  ],
  ['C_BAD_SUBSTREAMID', { type: 0x08, ...HEAD }, { type: 0x08, ...WHO, ssv: 0 }],
  [
    'F_CD_FETCH',
    { type: 0x09, ...HEAD, fetchAddr: 0x1238 },
    { type: 0x09, ...WHO, fetch: 0x1238 >> 3 },
  ],
  ['C_BAD_CD', { type: 0x0a, ...HEAD }, { type: 0x0a, ...WHO }],
  [
    'F_WALK_EABT',
    { type: 0x0b, ...HEAD, ...INPUT, ...ACCESS, s2: true, class: 2, fetchAddr: 0x1238 },
    { type: 0x0b, ...FAULT, class: 2, fetch: 0x1238 >> 3 },
  ],
  ...[0x10, 0x11, 0x12, 0x13].map(
    (type) =>
      [
        `fault 0x${type.toString(16)}`,
        { type, ...HEAD, ...INPUT, ...ACCESS, s2: true, class: 1, ipa: IPA },
        { type, ...FAULT, ipa: BigInt(IPA) >> 12n },
      ] as const,
  ),
  [
    'F_PERMISSION on a descriptor read',
    { type: 0x13, ...HEAD, ...INPUT, ...ACCESS, s2: true, class: 1, ipa: 0x1000, ttrnw: true },
    { type: 0x13, ...FAULT, ipa: 1, ttrnw: 1 },
  ],
  [
    'a stalled F_TRANSLATION',
    { type: 0x10, ...HEAD, ...INPUT, rnw: false, class: 2, stall: true, stag: 0xbeef },
    { type: 0x10, ...WHO, stall: 1, stag: 0xbeef, class: 2, input: ADDRESS },
  ],
  [
    'a write is never an instruction',
    { type: 0x10, ...HEAD, ...INPUT, rnw: false, ind: true, pnu: true, class: 2 },
    { type: 0x10, ...WHO, pnu: 1, class: 2, input: ADDRESS },
  ],
  [
    'IPA only with S2',
    { type: 0x11, ...HEAD, ...INPUT, rnw: true, class: 2, ipa: 0x5000 },
    { type: 0x11, ...WHO, rnw: 1, class: 2, input: ADDRESS },
  ],
  ['no SubstreamID', { type: 0x04, sid: 5, ssid: -1 }, { type: 0x04, sid: 5 }],
  ['SubstreamID 0', { type: 0x04, sid: 5, ssid: 0 }, { type: 0x04, sid: 5, ssv: 1 }],
];

describe('event records (7.3)', () => {
  it.each(CASES)('%s', (_name, event, expected) => {
    const { rig, sink } = rigWithSink();
    rig.start();
    sink.report(event);
    expect(rig.events()).toEqual([record(expected)]);
  });

  it('of a number that has no record are a broken invariant', () => {
    const { sink } = rigWithSink();
    expect(() => sink.report({ type: 0x14, sid: 0, ssid: -1 })).toThrow('event type 0x14');
  });
});

describe('the Event queue (7.2, 7.4)', () => {
  const OVERFLOW = 0x8000_0000;
  const event = (sid: number): EventFields => ({ type: 0x04, sid, ssid: -1 });

  it('interrupts when it goes from empty to not empty, not for every record', () => {
    const { rig, sink } = rigWithSink();
    rig.start();
    sink.report(event(1));
    sink.report(event(2));
    expect(rig.raised).toEqual(['eventq']);
    expect(rig.events()).toHaveLength(2);
    sink.report(event(3));
    expect(rig.raised).toEqual(['eventq', 'eventq']);
  });

  it('fills every entry, then toggles OVFLG once, and goes on when there is room', () => {
    const { rig, sink } = rigWithSink({ log2Size: 1 });
    rig.start();
    for (let sid = 0; sid < 5; sid++) {
      sink.report(event(sid));
    }
    expect(rig.read(REG.EVENTQ_PROD)).toBe(OVERFLOW + 2);
    rig.write(REG.EVENTQ_CONS, 1);
    sink.report(event(9));
    expect(rig.read(REG.EVENTQ_PROD)).toBe(OVERFLOW + 3);
    expect(rig.load(EVENTQ, 1)).toEqual([(9n << 32n) | 4n]);
    rig.write(REG.EVENTQ_CONS, OVERFLOW + 3);
    sink.report(event(10));
    sink.report(event(11));
    expect(rig.read(REG.EVENTQ_PROD)).toBe(OVERFLOW + 1);
    sink.report(event(12));
    expect(rig.read(REG.EVENTQ_PROD)).toBe(1);
    expect(rig.takeDiagnostics()).toEqual([]);
  });

  it('drops records in silence while disabled: no overflow', () => {
    const { rig, sink } = rigWithSink({ log2Size: 0 });
    rig.start(0);
    sink.report(event(1));
    sink.report(event(2));
    expect(rig.read(REG.EVENTQ_PROD)).toBe(0);
    rig.write(REG.CR0, EVENTQEN);
    expect(rig.read(REG.EVENTQ_PROD)).toBe(0);
  });

  it('reports an aborted write in GERROR, loses the record and stops until acknowledged', () => {
    const { rig, sink } = rigWithSink();
    rig.start(0);
    rig.write64(REG.EVENTQ_BASE, 0x1000_0004n);
    rig.write(REG.CR0, EVENTQEN);
    sink.report(event(1));
    sink.report(event(2));
    expect(rig.read(REG.EVENTQ_PROD)).toBe(0);
    expect(rig.read(REG.GERROR)).toBe(4);
    expect(rig.raised).toEqual(['gerror']);
    rig.write(REG.CR0, 0);
    rig.write64(REG.EVENTQ_BASE, BigInt(EVENTQ) | 4n);
    rig.write(REG.CR0, EVENTQEN);
    sink.report(event(3));
    expect(rig.read(REG.EVENTQ_PROD)).toBe(0);
    rig.write(REG.GERRORN, 4);
    sink.report(event(4));
    expect(rig.events()).toEqual([record({ type: 4, sid: 4 })]);
  });

  it('says when OVACKFLG makes an overflow of nothing', () => {
    const { rig } = rigWithSink();
    rig.start();
    rig.write(REG.EVENTQ_CONS, OVERFLOW);
    expect(rig.takeDiagnostics()[0]).toMatch(/^guest-error 6\.2\.2: EVENTQ_CONS\.OVACKFLG toggled/);
  });

  it('traces every event with what became of it', () => {
    const { rig, sink } = rigWithSink({ log2Size: 0 });
    rig.start();
    for (let sid = 0; sid < 2; sid++) {
      sink.report(event(sid));
    }
    const trace = rig.trace();
    const results = trace.filter(({ kind }) => kind === 'event_result');
    expect(results.map(({ data }) => data['result'])).toEqual([0, 1]);
    for (const { cause } of results) {
      expect(trace.find(({ id }) => id === cause)?.kind).toBe('event');
    }
    const irq = trace.find(({ kind }) => kind === 'irq');
    expect(irq?.data).toEqual({ line: IRQ.eventq, handled: 1, name: 'eventq' });
    expect(irq?.cause).toBe(results[0]?.cause);
  });
});
