// A kernel over the real SMMU model, as a session wires them, with what tests look at: commands in the
// order the hardware took them, log lines, diagnostics, drained events, and DMA by stream and PASID.

import { createKernelApi } from '../../sim/kernel/api.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { KernelConfig } from '../../sim/kernel/kernel-config.ts';
import { DEFAULT_SMMU } from '../../sim/kernel/kernel-config.ts';
import { VirtualClock } from '../../sim/machine/clock.ts';
import { Machine } from '../../sim/machine/machine.ts';
import { Transaction, TXN_OK, TXN_STALLED, TXN_WRITE } from '../../sim/machine/transaction.ts';
import type { SmmuFeatures } from '../../sim/smmu/capabilities.ts';
import { DEFAULT_FEATURES } from '../../sim/smmu/capabilities.ts';
import { Smmu } from '../../sim/smmu/smmu.ts';
import { TranslationEngine } from '../../sim/smmu/translate.ts';
import type { Diagnostic } from '../../sim/trace/diagnostics.ts';
import { Diagnostics } from '../../sim/trace/diagnostics.ts';
import { readTrace } from '../../sim/trace/reader.ts';
import { Recorder } from '../../sim/trace/recorder.ts';

/** Section J counts every SYNC: CMD_SYNC by polling, no SYNC is merged with another. */
export const POLLING = { ...DEFAULT_FEATURES, msi: false };

export interface KernelRigOptions {
  readonly config?: Partial<KernelConfig>;
  readonly features?: Partial<SmmuFeatures>;
  readonly recording?: boolean;
  /** Keeps the newest chunks of the trace only, 1 MiB each. */
  readonly chunks?: number;
}

/** How a DMA ended. */
export interface RigDma {
  readonly ok: boolean;
  readonly stalled: boolean;
  /** Physical address, 0 when it failed. */
  readonly pa: number;
  /** Events that the driver drained because of it: `NAME ssid=N` or `NAME`. */
  readonly events: readonly string[];
}

type AnyFunction = (...args: unknown[]) => unknown;

export class KernelRig {
  readonly machine: Machine;
  readonly smmu: Smmu;
  readonly kernel: Kernel;
  readonly recorder: Recorder;
  readonly reports: Diagnostic[] = [];
  readonly lines: string[] = [];
  /** Functions of the kernel by name, as scripts call them. */
  readonly api: Readonly<Record<string, AnyFunction>>;
  #mark = 1;

  constructor(options: KernelRigOptions = {}) {
    const clock = new VirtualClock();
    this.recorder = new Recorder(clock, {
      enabled: options.recording ?? true,
      ...(options.chunks === undefined ? {} : { chunks: options.chunks }),
    });
    this.machine = new Machine(this.recorder, clock);
    const diagnostics = new Diagnostics(this.recorder);
    diagnostics.onReport = (report) => this.reports.push(report);
    const features = { ...POLLING, ...options.features };
    this.smmu = new Smmu({
      features,
      bus: this.machine.bus,
      recorder: this.recorder,
      diagnostics,
      irq: { controller: this.machine.irq, eventq: 74, priq: 75, cmdSync: 76, gerror: 77 },
      translator: (state, events, stalls) => new TranslationEngine(state, events, stalls),
      clock,
    });
    this.machine.bus.attach(DEFAULT_SMMU.base, DEFAULT_SMMU.size, this.smmu);
    this.kernel = new Kernel({
      machine: this.machine,
      diagnostics,
      config: {
        ...options.config,
        smmus: [{ ...DEFAULT_SMMU, coherent: features.cohacc }],
      },
    });
    this.kernel.log.onLine = (line) => this.lines.push(line.text);
    this.kernel.boot();
    this.machine.settle();
    this.api = createKernelApi(this.kernel).functions as Readonly<Record<string, AnyFunction>>;
    this.commands();
  }

  /** Calls a function of the kernel as a script would, settles, and answers its result. */
  call(name: string, ...args: unknown[]): unknown {
    const fn = this.api[name];
    if (fn === undefined) {
      throw new Error(`no function ${name}`);
    }
    const result = fn(...args);
    this.machine.settle();
    return result;
  }

  /** Commands the hardware took since the last look. */
  commands(): string[] {
    const found = [];
    for (const { kind, data, id } of readTrace(this.recorder, this.#mark)) {
      if (kind === 'command') {
        found.push(commandText(BigInt(data['dw0'] ?? 0), BigInt(data['dw1'] ?? 0)));
      }
      this.#mark = id + 1;
    }
    return found;
  }

  /** Diagnostics of API misuse since the last look. */
  misuse(): string[] {
    return this.reports
      .splice(0)
      .filter((report) => report.class === 'api-misuse')
      .map(({ text }) => text);
  }

  /** One access of 4 bytes; `ssid` -1 for none. */
  dma(sid: number, ssid: number, iova: number, write = false): RigDma {
    const transaction = new Transaction();
    transaction.sid = sid;
    transaction.ssid = ssid;
    transaction.addrLo = iova | 0;
    transaction.addrHi = Math.floor(iova / 2 ** 32) | 0;
    transaction.flags = write ? TXN_WRITE : 0;
    const mark = this.kernel.events.length;
    let status = this.smmu.translate(transaction);
    for (let tries = 0; status === TXN_STALLED && tries < 8; tries++) {
      let ended: number | undefined;
      this.smmu.onStallEnd(sid, transaction.stag, (end) => {
        ended = end;
      });
      this.machine.settle();
      if (ended === undefined) {
        break;
      }
      status = ended === TXN_OK ? this.smmu.translate(transaction) : ended;
    }
    this.machine.settle();
    const events = this.kernel.events
      .slice(mark)
      .map(({ name, ssid: pasid }) => (pasid === undefined ? name : `${name} ssid=${pasid}`));
    return {
      ok: status === TXN_OK,
      stalled: status === TXN_STALLED,
      pa: status === TXN_OK ? transaction.pa : 0,
      events,
    };
  }

  /** The 64-bit word at `pa`. */
  word(pa: number): bigint {
    this.machine.memory.read64(pa);
    const { lo, hi } = this.machine.memory;
    return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  }
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** A command in words, by a decoder of the test's own. */
export function commandText(dw0: bigint, dw1: bigint): string {
  const opcode = Number(dw0 & 0xffn);
  const sid = hex(dw0 >> 32n);
  const ssv = (dw0 >> 11n) & 1n;
  const ssid = (dw0 >> 12n) & 0xfffffn;
  const asid = dw0 >> 48n;
  const vmid = (dw0 >> 32n) & 0xffffn;
  const leaf = (dw1 & 1n) === 1n ? ' leaf' : '';
  const address = hex(dw1 & ~0xfffn);
  switch (opcode) {
    case 0x01:
      return `PREFETCH_CFG ${sid}`;
    case 0x03:
      return `CFGI_STE ${sid}${leaf}`;
    case 0x04:
      return 'CFGI_ALL';
    case 0x05:
      return `CFGI_CD ${sid} ssid ${ssid}${leaf}`;
    case 0x11:
      return `TLBI_NH_ASID ${asid}`;
    case 0x12:
      return `TLBI_NH_VA asid ${asid} ${address}${leaf}`;
    case 0x20:
      return 'TLBI_EL2_ALL';
    case 0x28:
      return `TLBI_S12_VMALL ${vmid}`;
    case 0x30:
      return 'TLBI_NSNH_ALL';
    case 0x40:
      return `ATC_INV ${sid}${ssv === 1n ? ` ssid ${ssid}` : ''} ${address} size ${dw1 & 0x3fn}`;
    case 0x41:
      return `PRI_RESP ${sid}${ssv === 1n ? ` ssid ${ssid}` : ''} group ${dw1 & 0x1ffn} code ${(dw1 >> 12n) & 3n}`;
    case 0x44:
      return `RESUME ${sid} action ${(dw0 >> 12n) & 3n}`;
    case 0x46:
      return 'SYNC';
    default:
      return `command ${opcode.toString(16)}`;
  }
}
