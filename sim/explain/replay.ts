// Runs one access again on the bytes as they stood: the hardware itself, with cold caches, over memory
// and registers rebuilt from the trace. What it reads on the way, and how it ends, is the evidence.

import { bigHi, bigLo, join } from '../base/hex.ts';
import { VirtualClock } from '../machine/clock.ts';
import { InterruptController } from '../machine/interrupts.ts';
import type { RamRegion } from '../machine/memory.ts';
import { PhysicalMemory } from '../machine/memory.ts';
import { SystemBus } from '../machine/system-bus.ts';
import { Transaction } from '../machine/transaction.ts';
import { GEOMETRY_NONE } from '../smmu/cache-geometry.ts';
import type { SmmuFeatures } from '../smmu/capabilities.ts';
import { Smmu } from '../smmu/smmu.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { TranslationEngine } from '../smmu/translate.ts';
import { Diagnostics } from '../trace/diagnostics.ts';
import type { TraceRecord } from '../trace/reader.ts';
import { readTrace } from '../trace/reader.ts';
import { Recorder } from '../trace/recorder.ts';
import type { SeenMemory } from './seen.ts';
import type { TraceIndex } from './trace-index.ts';

/** What a session was run on, as its header says. */
export interface Hardware {
  readonly features: Readonly<SmmuFeatures>;
  readonly ram: readonly RamRegion[];
}

/** The access to run again. */
export interface Access {
  readonly sid: number;
  /** -1: without a SubstreamID. */
  readonly ssid: number;
  readonly address: bigint;
  /** TXN_* bits, after the STE's overrides. */
  readonly flags: number;
}

/** One structure read by the run. */
export interface Fetched {
  readonly what: number;
  readonly level: number;
  readonly stage: number;
  readonly ok: boolean;
  readonly pa: number;
}

/** What the run did. */
export interface Outcome {
  readonly fetches: readonly Fetched[];
  /** The four words of the event it raised, or undefined when it passed or ended silently. */
  readonly event: readonly [bigint, bigint, bigint, bigint] | undefined;
  readonly status: number;
  /** Output address, bytes, when it passed. */
  readonly pa: number;
}

/** Registers that decide about a translation, in the order software writes them. */
const CONTROL = ['CR1', 'CR2', 'STRTAB_BASE', 'STRTAB_BASE_CFG', 'GBPA'] as const;
const SMMUEN = 1;
const ATSCHK = 16;

/** Memory as the trace has it; stores go nowhere. */
class TraceMemory extends PhysicalMemory {
  readonly #seen: SeenMemory;

  constructor(ram: readonly RamRegion[], seen: SeenMemory) {
    super(ram);
    this.#seen = seen;
  }

  override read64(pa: number): boolean {
    if (!this.contains(pa, 8)) {
      return false;
    }
    const word = this.#seen.wordAt(pa);
    this.lo = word.lo;
    this.hi = word.hi;
    return true;
  }

  override read64At(lo: number, hi: number): boolean {
    return this.read64(join(lo, hi));
  }

  override read32(pa: number): boolean {
    const aligned = Math.floor(pa / 8) * 8;
    if (!this.read64(aligned)) {
      return false;
    }
    this.lo = pa === aligned ? this.lo : this.hi;
    return true;
  }

  override write64(pa: number): boolean {
    return this.contains(pa, 8);
  }

  override write32(pa: number): boolean {
    return this.contains(pa, 4);
  }
}

/** Runs `access` with registers as of record `when` and the given memory. */
export function replay(
  index: TraceIndex,
  hardware: Hardware,
  access: Access,
  { when, memory }: { readonly when: number; readonly memory: SeenMemory },
): Outcome {
  const recorder = scratchRecorder();
  const smmu = new Smmu({
    features: hardware.features,
    bus: new SystemBus(new TraceMemory(hardware.ram, memory)),
    recorder,
    diagnostics: new Diagnostics(recorder),
    irq: { controller: new InterruptController(), eventq: 0, priq: 1, cmdSync: 2, gerror: 3 },
    translator: (state, events, stalls) =>
      new TranslationEngine(state, events, stalls, GEOMETRY_NONE),
  });
  programRegisters(smmu, index, when);
  const transaction = new Transaction();
  transaction.sid = access.sid;
  transaction.ssid = access.ssid;
  transaction.addrLo = bigLo(access.address);
  transaction.addrHi = bigHi(access.address);
  transaction.flags = access.flags;
  const status = smmu.translate(transaction);
  const records = [...readTrace(recorder)];
  return { fetches: records.flatMap(fetchOf), event: eventOf(records), status, pa: transaction.pa };
}

/** Room for the records of one run: they are read before the next run overwrites them. */
let scratch: Int32Array | undefined;

function scratchRecorder(): Recorder {
  let free = scratch;
  const allocate = (words: number): Int32Array => {
    const room = free ?? new Int32Array(words);
    scratch ??= room;
    free = undefined;
    return room;
  };
  return new Recorder(new VirtualClock(), { allocate });
}

function programRegisters(smmu: Smmu, index: TraceIndex, when: number): void {
  for (const name of CONTROL) {
    const { offset, width } = REGISTERS[name];
    const value = index.registerAt(offset, when);
    if (value === undefined) {
      continue;
    }
    if (width === 64) {
      smmu.write64(offset, value.lo, value.hi);
    } else {
      smmu.write32(offset, value.lo);
    }
  }
  const cr0 = index.registerAt(REGISTERS.CR0.offset, when)?.lo ?? 0;
  smmu.write32(REGISTERS.CR0.offset, cr0 & (SMMUEN | ATSCHK));
}

function fetchOf(record: TraceRecord): Fetched[] {
  if (record.kind !== 'fetch') {
    return [];
  }
  const { what, level, stage, ok, pa } = record.data;
  return [
    {
      what: Number(what),
      level: Number(level),
      stage: Number(stage),
      ok: Number(ok) !== 0,
      pa: Number(pa),
    },
  ];
}

function eventOf(records: readonly TraceRecord[]): Outcome['event'] {
  const data = records.find(({ kind }) => kind === 'event')?.data;
  return data === undefined
    ? undefined
    : [
        BigInt(data['w0'] ?? 0),
        BigInt(data['w1'] ?? 0),
        BigInt(data['w2'] ?? 0),
        BigInt(data['w3'] ?? 0),
      ];
}

/** The words of an event as halves, for the record tables. */
export function eventWords(event: readonly bigint[]): Int32Array {
  const words = new Int32Array(8);
  event.forEach((value, index) => {
    words[index * 2] = bigLo(value);
    words[index * 2 + 1] = bigHi(value);
  });
  return words;
}
