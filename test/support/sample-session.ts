// Sessions for tests of trace files and exports, made with the real recorder: one that tells the story
// of a faulting driver, and arbitrary ones that hold every kind of record.

import fc from 'fast-check';
import { bigHi, bigLo } from '../../sim/base/hex.ts';
import type { PayloadType, TraceKind } from '../../sim/trace/kinds.ts';
import * as kinds from '../../sim/trace/kinds.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import type { SessionInfo } from '../../sim/trace/session-file.ts';

const { K, TRACE_KIND_NAMES, TRACE_KINDS } = kinds;

/** Payload values as readers give them back. */
export type Payload = Readonly<Record<string, number | bigint | string>>;

/** A recorder with a clock that tests set, and records given by name. */
export class SessionWriter {
  readonly clock: { now: number };
  readonly recorder: Recorder;

  constructor(options: { readonly start?: number; readonly chunks?: number } = {}) {
    this.clock = { now: options.start ?? 0 };
    this.recorder = new Recorder(
      this.clock,
      options.chunks === undefined ? {} : { chunks: options.chunks },
    );
  }

  /** Emits one record with the current cause after `ticks`; returns its id. */
  put(kind: TraceKind, data: Payload, ticks = 0): number {
    this.clock.now += ticks;
    const words: number[] = [];
    for (const [name, type] of Object.entries<PayloadType>(TRACE_KINDS[kind])) {
      const value = data[name];
      if (value === undefined) {
        throw new Error(`${kind} needs ${name}`);
      }
      if (type === 'str') {
        words.push(this.recorder.intern(String(value)));
      } else if (type === 'u64') {
        words.push(bigLo(BigInt(value)), bigHi(BigInt(value)));
      } else {
        words.push(Number(value) | 0);
      }
    }
    const [a, b, c, d, e, f, g, h] = words;
    return this.recorder.emit(K[kind], a, b, c, d, e, f, g, h);
  }

  /** Runs `body` with `id` as the cause of what it emits. */
  under<T>(id: number, body: () => T): T {
    const outer = this.recorder.cause;
    this.recorder.cause = id;
    try {
      return body();
    } finally {
      this.recorder.cause = outer;
    }
  }

  /** A call as shown, `f(a, b)`, with its return; `line` is the script's, 0 for the kernel's own. */
  call(shown: string, line: number, value: string, body: () => void = () => {}): number {
    const open = shown.indexOf('(');
    const [fn, args] = [shown.slice(0, open), shown.slice(open + 1, -1)];
    const id = this.put('call', { fn, args, line, column: line === 0 ? 0 : 1 }, 100);
    this.under(id, () => {
      body();
      this.put('return', { value }, 100);
    });
    return id;
  }
}

const SCRIPT = `// A driver that forgets a device.
const dev = platform_device('accel0', { sids: [0x10], ssid_bits: 4 });
const domain = iommu_domain_alloc(platform_bus_type);
iommu_attach_device(domain, dev);
iommu_map(domain, 0x70000000n, 0x41000000n, SZ_4K, IOMMU_READ);
dev.dma_read(0x70000000n, 4);
iommu_unmap(domain, 0x70000000n, SZ_4K);
dev.dma_read(0x70000000n, 4); // </script> "ü"
iommu_detach_device(domain, dev);
`;

/** Header information of the sample. */
export const SAMPLE_INFO: SessionInfo = {
  file: 'accel.ts',
  script: SCRIPT,
  profile: 'seed18',
  seed: 1,
  machine: { ram: { base: 0x4000_0000, size: 0x8000_0000 }, smmu: { oas: 5, ats: true } },
  result: { type: 'result', ok: true, exit: 3, events: 1, dmas: 2 },
};

const SID = 0x10;
const SSID = 5;
/** An F_TRANSLATION of {@link SID}, SSID 5, read of 0x70000000. */
const EVENT = {
  w0: (BigInt(SID) << 32n) | (BigInt(SSID) << 12n) | (1n << 11n) | 0x10n,
  w1: (2n << 40n) | (1n << 35n),
  w2: 0x7000_0000n,
  w3: 0n,
};

function queueCommand(s: SessionWriter, index: number, dw0: bigint, dw1: bigint): void {
  s.put('mem_write', { what: 'cmd', pa: 0x4010_0000n + 16n * BigInt(index), value: dw0 }, 10);
  const write = s.put('mmio_write', { offset: 0x98, width: 32, value: BigInt(index + 1) }, 10);
  s.under(write, () => s.put('command', { index, cerror: 0, dw0, dw1 }, 10));
}

function dma(s: SessionWriter, faults: boolean): void {
  const tag = { sid: SID, ssid: -1, key: 0n, entry: 1 };
  const ste = { cache: kinds.CACHE_STE, op: kinds.CACHE_INSERT, ...tag };
  const fetch = { level: 0, stage: 0, ok: 1 };
  s.put('fetch', { ...fetch, what: kinds.FETCH_STE, pa: 0x4100_0400n, value: 1n }, 10);
  s.put('cache', ste, 10);
  s.put('fetch', { ...fetch, what: kinds.FETCH_CD, pa: 0x4190_0140n, value: 0x8000_0000n }, 10);
  for (let level = 0; level < 4; level++) {
    const value = level === 3 && faults ? 0n : 0x4200_1003n + BigInt(level) * 0x1000n;
    const pa = 0x4200_0000n + BigInt(level) * 0x1000n;
    s.put('fetch', { what: kinds.FETCH_DESCRIPTOR, level, stage: 1, ok: 1, pa, value }, 10);
  }
  if (faults) {
    const event = s.put('event', EVENT, 10);
    s.under(event, () => {
      s.put('event_result', { result: 0, index: 0 });
      s.put('irq', { line: 74, handled: 1, name: 'eventq' }, 10);
    });
  }
  const answer = faults ? { pa: 0n, status: 1 } : { pa: 0x4100_0000n, status: 0 };
  s.put('dma', { sid: SID, ssid: SSID, iova: 0x7000_0000n, flags: 0, ...answer }, 10);
}

function logEvent(s: SessionWriter): void {
  const prefix = 'arm-smmu-v3 arm-smmu-v3.0.auto: ';
  s.put('log', { level: 6, text: `${prefix}event 0x10 received:` }, 10);
  for (const word of Object.values(EVENT)) {
    s.put('log', { level: 6, text: `${prefix}\t0x${word.toString(16).padStart(16, '0')}` });
  }
}

/** The sample: attach, map, a good read, unmap, a faulting read, detach; PRI, stalls and diagnostics too. */
export function sampleSession(): SessionWriter {
  const s = new SessionWriter({ start: 1_000_000 });
  s.call("platform_device('accel0', { sids: [16], ssid_bits: 4 })", 2, 'accel0', () => {
    s.put('object', { what: 'device', id: SID, text: 'accel0' });
    s.put('alloc', { what: 'cmdq', pa: 0x4010_0000n, size: 4096n }, 5);
    s.put('mmio_write', { offset: 0x90, width: 64, value: 0x4010_0008n }, 5);
    const enable = s.put('mmio_write', { offset: 0x20, width: 32, value: 0xdn }, 5);
    s.under(enable, () => s.put('mmio_read', { offset: 0x24, width: 32, value: 0xdn }, 5));
  });
  s.call('iommu_domain_alloc(platform_bus_type)', 3, 'domain 1');
  s.call('iommu_attach_device(domain 1, accel0)', 4, '0', () => {
    s.call('arm_smmu_attach_dev(domain 1, accel0)', 0, '0', () => {
      s.put('mem_write', { what: 'ste', pa: 0x4100_0400n, value: 0x4190_000bn }, 10);
      queueCommand(s, 0, (BigInt(SID) << 32n) | 0x03n, 1n);
      queueCommand(s, 1, 0x46n | (1n << 12n), 0n);
    });
  });
  s.call('iommu_map(domain 1, 0x70000000, 0x41000000, 4096, IOMMU_READ)', 5, '0', () => {
    s.put('mem_write', { what: 'pte', pa: 0x4200_3000n, value: 0x4100_0003n }, 10);
  });
  s.call('dma_read(accel0, 0x70000000, 4)', 6, 'ok', () => dma(s, false));
  s.call('iommu_unmap(domain 1, 0x70000000, 4096)', 7, '4096', () => {
    s.put('mem_write', { what: 'pte', pa: 0x4200_3000n, value: 0n }, 10);
    queueCommand(s, 2, (2n << 48n) | 0x12n, 0x7000_0001n);
    queueCommand(s, 3, 0x46n | (1n << 12n), 0n);
  });
  s.call('dma_read(accel0, 0x70000000, 4)', 8, 'F_TRANSLATION', () => dma(s, true));
  s.call('arm_smmu_evtq_thread()', 0, 'IRQ_HANDLED', () => logEvent(s));
  s.put('ppr', { w0: (1n << 60n) | (1n << 62n) | BigInt(SID), w1: 0x7000_1007n, result: 0 }, 10);
  s.put('stall', { sid: SID, stag: 3, phase: 0 }, 10);
  s.put('stall', { sid: SID, stag: 3, phase: 1 }, 90);
  s.put('diagnostic', { class: 0, section: '6.3.9', text: 'CR0 changed "early", <twice>' }, 10);
  s.put('call', { fn: 'iommu_detach_device', args: 'domain 1, accel0', line: 9, column: 1 }, 100);
  return s;
}

const text = fc.string({ unit: 'binary', maxLength: 20 });

function payloadOf(kind: TraceKind): fc.Arbitrary<Payload> {
  const values = Object.fromEntries(
    Object.entries<PayloadType>(TRACE_KINDS[kind]).map(([name, type]) => [
      name,
      payloadValue(type),
    ]),
  );
  return fc.record(values);
}

function payloadValue(type: PayloadType): fc.Arbitrary<number | bigint | string> {
  if (type === 'str') {
    return text;
  }
  if (type === 'u64') {
    return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  }
  return type === 's32' ? fc.integer() : fc.nat(2 ** 32 - 1);
}

/** One arbitrary record: what a session could hold, without regard to sense. */
export const anyRecord = fc.constantFrom(...TRACE_KIND_NAMES).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    data: payloadOf(kind),
    ticks: fc.oneof(fc.nat(1000), fc.nat(2 ** 40)),
    cause: fc.nat(50),
  }),
);

/** An arbitrary session: every kind may come, causes are earlier records. */
export const anySession = fc.array(anyRecord, { maxLength: 60 }).map((records) => {
  const s = new SessionWriter();
  for (const { kind, data, ticks, cause } of records) {
    s.under(Math.min(cause, s.recorder.count), () => s.put(kind, data, ticks));
  }
  return s;
});

/** Arbitrary header information. */
export const anyInfo: fc.Arbitrary<SessionInfo> = fc.record({
  file: fc.stringMatching(/^[a-z]{1,8}[.]ts$/),
  script: text,
  profile: fc.constantFrom('seed18', 'attr19'),
  seed: fc.nat(),
  machine: fc.constant({ ram: { base: 0x4000_0000, size: 4096 } }),
});
