// A machine like the one the QEMU vectors were recorded on: its RAM, its ID registers, and an SMMU whose
// registers, memory and device accesses a replayer drives.

import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import {
  ROUTE_BYPASS,
  ROUTE_DISABLED,
  Transaction,
  TXN_OK,
  TXN_WRITE,
} from '../../sim/machine/transaction.ts';
import { GEOMETRY_DEFAULT } from '../../sim/smmu/cache-geometry.ts';
import { featuresFromIdr } from '../../sim/smmu/id-registers.ts';
import { Smmu } from '../../sim/smmu/smmu.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { Recorder } from '../../sim/trace/recorder.ts';
import type { QemuCase, Step } from './qemu-case.ts';

/** IDR0[1:0] by the stages of a case; the rest is what QEMU 11.1.3 answers. */
const STAGES = { nested: 3, '1': 2, '2': 1 } as const;
const IDR0 = 0x0d44_1018;
const IDR1 = 0x0273_0010;
const IDR3 = { nested: 0x1414, '1': 0x1404, '2': 0x1414 } as const;
const IDR5 = 0x74;
const AIDR = 1;

const EVENTQ_BASE = 0xa0;
const EVENTQ_PROD = 0x1_00a8;
const PATTERN_HI = 0xd1a5_0000 | 0;
const IRQ = { eventq: 74, priq: 75, cmdSync: 76, gerror: 77 };

/** What one access did. */
export interface AccessOutcome {
  /** As the vectors name it: ok, bypass, disabled, abort, fault. */
  readonly st: string;
  readonly pa: number;
  readonly busAbort: boolean;
  readonly data: Uint8Array | undefined;
}

export class QemuMachine {
  readonly machine: Machine;
  readonly smmu: Smmu;
  readonly #transaction = new Transaction();
  readonly #pair = new Int32Array(2);
  #eventsSeen = 0;

  constructor(stage: QemuCase['stage']) {
    const clock = new VirtualClock();
    const recorder = new Recorder(clock, { enabled: false });
    this.machine = new Machine(recorder, clock);
    this.smmu = new Smmu({
      features: featuresFromIdr({
        idr0: IDR0 | STAGES[stage],
        idr1: IDR1,
        idr3: IDR3[stage],
        idr5: IDR5,
        aidr: AIDR,
      }),
      bus: this.machine.bus,
      recorder,
      diagnostics: new Diagnostics(recorder),
      irq: { controller: this.machine.irq, ...IRQ },
      translator: (state, events, stalls) =>
        new TranslationEngine(state, events, stalls, GEOMETRY_DEFAULT),
    });
  }

  read(offset: number): number {
    return this.smmu.read32(offset) >>> 0;
  }

  read64(offset: number): bigint {
    this.smmu.read64(offset, this.#pair);
    return BigInt.asUintN(64, new BigInt64Array(this.#pair.buffer)[0] ?? 0n);
  }

  write(offset: number, width: number, value: bigint): void {
    const lo = Number(BigInt.asIntN(32, value));
    if (width === 8) {
      this.smmu.write64(offset, lo, Number(BigInt.asIntN(32, value >> 32n)));
    } else {
      this.smmu.write32(offset, lo);
    }
  }

  store(step: Step): void {
    const { memory } = this.machine;
    if (step.op === 'mem') {
      const pa = Number(step.pa);
      memory.writeBytes(pa, step.hex === undefined ? new Uint8Array() : bytesOf(step.hex));
      for (const [index, word] of (step.u64 ?? []).entries()) {
        const value = BigInt(word);
        const hi = Number(BigInt.asIntN(32, value >> 32n));
        memory.write64(pa + 8 * index, Number(BigInt.asIntN(32, value)), hi);
      }
    } else if (step.op === 'pat') {
      const pa = Number(step.pa);
      for (let at = pa; at < pa + step.len; at += 8) {
        memory.write64(at, at | 0, PATTERN_HI ^ ((at / 2 ** 32) | 0));
      }
    }
  }

  /** One access of the device, and its effect on memory. */
  access(sid: number, iova: bigint, length: number, data: Uint8Array | undefined): AccessOutcome {
    const t = this.#transaction;
    t.sid = sid;
    t.ssid = -1;
    t.addrLo = Number(BigInt.asIntN(32, iova));
    t.addrHi = Number(BigInt.asIntN(32, iova >> 32n));
    t.flags = data === undefined ? 0 : TXN_WRITE;
    if (this.smmu.translate(t) !== TXN_OK) {
      const st = t.fault === 0 ? 'abort' : 'fault';
      return { st, pa: 0, busAbort: false, data: undefined };
    }
    const st = t.route === ROUTE_BYPASS ? 'bypass' : t.route === ROUTE_DISABLED ? 'disabled' : 'ok';
    const { memory } = this.machine;
    const busAbort = !memory.contains(t.pa, length);
    if (data !== undefined) {
      memory.writeBytes(t.pa, data);
    }
    return { st, pa: t.pa, busAbort, data: memory.readBytes(t.pa, length) };
  }

  /** Event records written since the last call, as 64 hexadecimal digits each. */
  newEvents(): string[] {
    const base = this.read64(EVENTQ_BASE);
    const log2 = Number(base & 0x1fn);
    const address = Number(base & 0xff_ffff_ffff_ffe0n);
    const prod = this.read(EVENTQ_PROD) & (2 ** (log2 + 1) - 1);
    const records: string[] = [];
    while (this.#eventsSeen !== prod) {
      const index = this.#eventsSeen & (2 ** log2 - 1);
      const bytes = this.machine.memory.readBytes(address + 32 * index, 32);
      records.push(hexOf(bytes ?? new Uint8Array(32)));
      this.#eventsSeen = (this.#eventsSeen + 1) & (2 ** (log2 + 1) - 1);
    }
    return records;
  }

  /** Takes the producer index as it is: after software wrote it. */
  resetEvents(): void {
    const log2 = Number(this.read64(EVENTQ_BASE) & 0x1fn);
    this.#eventsSeen = this.read(EVENTQ_PROD) & (2 ** (log2 + 1) - 1);
  }
}

export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
