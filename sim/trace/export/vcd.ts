// vcd: a waveform (IEEE 1364 value change dump) of queue indices, enables, interrupts and faults, for
// GTKWave and its kin. Interrupts and faults are counters: a step is one occurrence. Timescale 1 ns;
// changes that share a tick of virtual time are drawn 1 ns apart, the tick itself is the signal `ticks`.

import { bigHi, bigLo } from '../../base/hex.ts';
import { bigOf, decodeEvent, fieldOf, numberOf, textOf } from '../decoded.ts';
import { QueueTracker, TRACKED } from '../queue-tracker.ts';
import type { TraceRecord } from '../reader.ts';
import type { ExportControl, ExportFormat, ExportSession } from './export-format.ts';
import { inPieces, passOver, SpreadClock } from './export-format.ts';

/** Queue indices, enables, interrupts and faults as a waveform. */
export const VCD: ExportFormat = {
  id: 'vcd',
  title: 'Waveform (VCD: GTKWave)',
  extension: '.vcd',
  directory: false,
  files: (session, control) => [{ name: '', pieces: inPieces(dump(session, control)) }],
};

/** A signal: its name, width in bits, and the short code that value changes name it by. */
interface Signal {
  readonly name: string;
  readonly width: number;
  readonly code: string;
}

const TICKS = 'ticks';
/** Kinds of record that signals are made of. */
const KINDS = [
  'mmio_read',
  'mmio_write',
  'command',
  'event',
  'event_result',
  'ppr',
  'irq',
] as const;

/** Faults: the event queue's records, and what the last one said. */
const FAULTS = [
  ['events', 32],
  ['events_lost', 32],
  ['last_type', 8],
  ['last_sid', 32],
  ['last_ssid', 20],
  ['last_addr', 64],
] as const;

function* dump(session: ExportSession, control: ExportControl): Generator<string> {
  const signals = new Signals();
  signals.add('session', TICKS, 64);
  for (const [name, { width }] of Object.entries(TRACKED)) {
    signals.add('smmu', name, width);
  }
  for (const [name, width] of FAULTS) {
    signals.add('faults', name, width);
  }
  for (const name of interruptNames(session, control)) {
    signals.add('irq', name, 32);
  }
  yield signals.declarations();
  const wave = new Wave(signals);
  for (const record of passOver(session, control, { from: 0.3, to: 1 }, KINDS)) {
    yield wave.take(record);
  }
  yield wave.end();
}

function interruptNames(session: ExportSession, control: ExportControl): readonly string[] {
  const names = new Set<string>();
  for (const record of passOver(session, control, { from: 0, to: 0.3 }, ['irq'])) {
    names.add(interruptName(record));
  }
  return [...names].sort();
}

/** `irq74_eventq`: a Verilog identifier, unlike any other line's. */
function interruptName(record: TraceRecord): string {
  const name = textOf(record, 'name').replaceAll(/[^A-Za-z0-9_]/g, '_');
  return `irq${numberOf(record, 'line')}${name === '' ? '' : `_${name}`}`;
}

class Signals {
  readonly #byName = new Map<string, Signal>();
  readonly #scopes = new Map<string, Signal[]>();

  add(scope: string, name: string, width: number): void {
    const signal = { name, width, code: codeOf(this.#byName.size) };
    this.#byName.set(name, signal);
    const scoped = this.#scopes.get(scope) ?? [];
    scoped.push(signal);
    this.#scopes.set(scope, scoped);
  }

  get(name: string): Signal | undefined {
    return this.#byName.get(name);
  }

  declarations(): string {
    const lines = ['$version substream $end', '$timescale 1 ns $end'];
    for (const [scope, signals] of this.#scopes) {
      lines.push(`$scope module ${scope} $end`);
      for (const { name, width, code } of signals) {
        const range = width === 1 ? '' : ` [${width - 1}:0]`;
        lines.push(`$var wire ${width} ${code} ${name}${range} $end`);
      }
      lines.push('$upscope $end');
    }
    lines.push('$enddefinitions $end', '#0', '$dumpvars');
    for (const signal of this.#byName.values()) {
      lines.push(change(signal, 0n));
    }
    lines.push('$end');
    return `${lines.join('\n')}\n`;
  }
}

/** Printable characters from `!`, more than one from the 95th on. */
function codeOf(index: number): string {
  const unit = String.fromCharCode(33 + (index % 94));
  return index < 94 ? unit : codeOf(Math.floor(index / 94) - 1) + unit;
}

function change({ width, code }: Signal, value: bigint): string {
  const bits = BigInt.asUintN(width, value).toString(2);
  return width === 1 ? `${bits}${code}` : `b${bits} ${code}`;
}

/** Turns records into value changes, one time mark for each tick that has some. */
class Wave {
  readonly #signals: Signals;
  readonly #counts = new Map<string, bigint>();
  readonly #tracker: QueueTracker;
  readonly #clock = new SpreadClock();
  #changes: string[] = [];
  #time = 0;
  #ticks = 0;

  constructor(signals: Signals) {
    this.#signals = signals;
    this.#tracker = new QueueTracker((name, value) => this.#set(name, BigInt(value)));
  }

  take(record: TraceRecord): string {
    this.#ticks = record.time;
    this.#changes = [];
    this.#tracker.take(record);
    if (record.kind === 'irq') {
      this.#count(interruptName(record));
    } else if (record.kind === 'event') {
      this.#event(record);
    } else if (record.kind === 'event_result' && [1, 2].includes(numberOf(record, 'result'))) {
      this.#count('events_lost');
    }
    return this.#flush();
  }

  end(): string {
    this.#set(TICKS, BigInt(this.#ticks));
    return this.#flush();
  }

  #event(record: TraceRecord): void {
    const entry = decodeEvent(record);
    this.#count('events');
    this.#set('last_type', bigOf(record, 'w0') & 0xffn);
    this.#set('last_sid', BigInt(bigHi(bigOf(record, 'w0')) >>> 0));
    this.#set('last_ssid', BigInt((bigLo(bigOf(record, 'w0')) >>> 12) & 0xf_ffff));
    this.#set('last_addr', BigInt(fieldOf(entry, 'InputAddr') ?? 0));
  }

  #count(name: string): void {
    const value = (this.#counts.get(name) ?? 0n) + 1n;
    this.#counts.set(name, value);
    this.#set(name, value);
  }

  #set(name: string, value: bigint): void {
    const signal = this.#signals.get(name);
    if (signal !== undefined) {
      this.#changes.push(change(signal, value));
    }
  }

  #flush(): string {
    if (this.#changes.length === 0) {
      return '';
    }
    this.#set(TICKS, BigInt(this.#ticks));
    const before = this.#time;
    this.#time = this.#clock.at(this.#ticks);
    const mark = this.#time === before ? '' : `#${this.#time}\n`;
    return `${mark}${this.#changes.join('\n')}\n`;
  }
}
