// The interrupts of a session: which lines and MSIs, what they were raised by, which handler ran then.

import type { TraceIndex } from '../explain/trace-index.ts';
import { REGISTERS } from '../smmu/spec/registers.ts';
import { K } from '../trace/kinds.ts';
import { TraceCursor } from '../trace/reader.ts';
import { HEADER_WORDS } from '../trace/recorder.ts';
import { KEPT } from './newest-records.ts';

const TWO_32 = 2 ** 32;
const IRQ_THREAD = /^irq\/(\d+)-(.*)$/;
const HARD_HANDLER = 'handle_irq_event';
const HARD_ARGS = /^(\d+), (.*)$/;

/** Sources whose MSI address is a register. */
const MSI_REGISTERS = [
  ['eventq', REGISTERS.EVENTQ_IRQ_CFG0, REGISTERS.EVENTQ_IRQ_CFG1],
  ['priq', REGISTERS.PRIQ_IRQ_CFG0, REGISTERS.PRIQ_IRQ_CFG1],
  ['gerror', REGISTERS.GERROR_IRQ_CFG0, REGISTERS.GERROR_IRQ_CFG1],
] as const;

/** The sources of an SMMU, whether or not they were ever raised. */
export const SMMU_SOURCES = ['eventq', 'priq', 'cmdSync', 'gerror'] as const;

/** What was seen of one source. */
export interface SourceSeen {
  line: number | undefined;
  raised: number;
  lost: number;
  messages: number;
  /** Newest record. */
  last: number;
}

/** One interrupt: its record, its source, and the handler that ran for it, once it has. */
export interface InterruptSeen {
  readonly record: number;
  readonly source: string;
  /** Record of the handler's call; 0 before it ran, and for an MSI. */
  handler: number;
}

/** Follows the interrupts. Call {@link update} after the index's own. */
export class InterruptLog {
  readonly #index: TraceIndex;
  readonly #cursor: TraceCursor;
  readonly sources = new Map<string, SourceSeen>(
    SMMU_SOURCES.map((name) => [name, { ...NOTHING_SEEN }]),
  );
  /** The newest, oldest first. */
  #newest: InterruptSeen[] = [];
  /** By line: its interrupts that no handler ran for yet. */
  readonly #waiting = new Map<number, InterruptSeen[]>();
  /** Names of lines that are no SMMU's, as their handlers have them. */
  readonly #names = new Map<number, string>();

  constructor(index: TraceIndex) {
    this.#index = index;
    this.#cursor = new TraceCursor(index.source);
  }

  update(): void {
    this.#cursor.read((kind, id, words, at) => {
      const payload = at + HEADER_WORDS;
      if (kind === K.irq) {
        this.#takeLine(id, words, payload);
      } else if (kind === K.msi) {
        this.#takeMessage(id, words, payload, (words[at + 1] as number) >>> 0);
      } else if (kind === K.call && this.#waiting.size > 0) {
        this.#takeCall(id, words, payload);
      }
    });
  }

  /** The newest, newest first. */
  newest(): readonly InterruptSeen[] {
    return this.#newest.slice(-KEPT).reverse();
  }

  /** The interrupt of a record, if it is among the newest. */
  of(record: number): InterruptSeen | undefined {
    return this.#newest.find((one) => one.record === record);
  }

  /** True while a line waits for its handler. */
  pending(line: number | undefined): boolean {
    return line !== undefined && this.#waiting.has(line);
  }

  /** `memcpy0` of a source that is no SMMU's. */
  nameOf(source: string): string {
    const line = /^irq (\d+)$/.exec(source)?.[1];
    const name = line === undefined ? undefined : this.#names.get(Number(line));
    return name === undefined ? source : `${source} ${name}`;
  }

  #takeLine(id: number, words: Int32Array, at: number): void {
    const line = words[at] as number;
    const name = this.#index.source.texts[words[at + 2] as number] ?? '';
    const handled = words[at + 1] !== 0;
    if (line < 0) {
      return;
    }
    const source = name === 'device' ? `irq ${line}` : name;
    const seen = this.#source(source);
    seen.line = line;
    seen.raised++;
    seen.lost += handled ? 0 : 1;
    const one = this.#add(id, source, seen);
    if (handled) {
      const waiting = this.#waiting.get(line);
      if (waiting === undefined) {
        this.#waiting.set(line, [one]);
      } else {
        waiting.push(one);
      }
    }
  }

  #takeMessage(id: number, words: Int32Array, at: number, cause: number): void {
    const [lo, hi, data] = [words[at] as number, words[at + 1] as number, words[at + 2] as number];
    const address = (hi >>> 0) * TWO_32 + (lo >>> 0);
    const source = this.#sourceOfMessage(address, data, id, cause);
    const seen = this.#source(source);
    seen.messages++;
    this.#add(id, source, seen);
  }

  /** A CMD_SYNC carries address and data of its own; the others have registers. */
  #sourceOfMessage(address: number, data: number, id: number, cause: number): string {
    if (this.#index.record(cause)?.kind === 'command') {
      return 'cmdSync';
    }
    const found = MSI_REGISTERS.find(([, to, what]) => {
      const place = this.#index.registerAt(to.offset, id);
      const value = this.#index.registerAt(what.offset, id);
      return (
        place !== undefined &&
        (place.hi >>> 0) * TWO_32 + (place.lo >>> 0) === address &&
        (value?.lo ?? 0) === data
      );
    });
    return found?.[0] ?? 'cmdSync';
  }

  #takeCall(id: number, words: Int32Array, at: number): void {
    const { texts } = this.#index.source;
    const fn = texts[words[at] as number] ?? '';
    const [, line, name] =
      fn === HARD_HANDLER
        ? (HARD_ARGS.exec(texts[words[at + 1] as number] ?? '') ?? [])
        : (IRQ_THREAD.exec(fn) ?? []);
    if (line === undefined || name === undefined) {
      return;
    }
    this.#names.set(Number(line), name);
    for (const one of this.#waiting.get(Number(line)) ?? []) {
      one.handler = id;
    }
    this.#waiting.delete(Number(line));
  }

  #source(name: string): SourceSeen {
    let seen = this.sources.get(name);
    if (seen === undefined) {
      seen = { ...NOTHING_SEEN };
      this.sources.set(name, seen);
    }
    return seen;
  }

  #add(record: number, source: string, seen: SourceSeen): InterruptSeen {
    seen.last = record;
    const one = { record, source, handler: 0 };
    this.#newest.push(one);
    if (this.#newest.length >= 2 * KEPT) {
      this.#newest = this.#newest.slice(-KEPT);
    }
    return one;
  }
}

const NOTHING_SEEN: SourceSeen = { line: undefined, raised: 0, lost: 0, messages: 0, last: 0 };
