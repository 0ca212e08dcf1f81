// Replays what QEMU 11.1.3's SMMUv3 did, through registers, memory and device accesses only. Cases where
// QEMU deviates are replayed too, and decided from the manual by the table in deviations.ts.

import { decide, deviationsOf } from './deviations.ts';
import type { QemuCase, Step } from './qemu-case.ts';
import { normalEvent, snapshotDifferences } from './qemu-compare.ts';
import { bytesOf, hexOf, QemuMachine } from './qemu-machine.ts';
import type { Replayer, Verdict } from './replayer.ts';

type DmaStep = Extract<Step, { op: 'dma' }>;

/** What the model did on one DMA step. */
export interface DmaRun {
  readonly step: DmaStep;
  /** Deviations that show on this step, marked or not. */
  readonly marks: readonly string[];
  /** Addresses that the states belong to. */
  readonly iovas: readonly string[];
  readonly states: readonly string[];
  readonly events: readonly string[];
}

/** What the model did in a whole case. */
export interface CaseRun {
  /** Tags that the recording should carry by what it shows, and does not. */
  readonly untagged: readonly string[];
  readonly differences: readonly string[];
  readonly dmas: readonly DmaRun[];
  readonly machine: QemuMachine;
}

/** Endings with an output address. */
const PASSES = new Set(['ok', 'bypass', 'disabled']);
/** Output addresses of the recorded instance end here (IDR5.OAS = 4). */
const OUTPUT_LIMIT = 1n << 44n;
const EVENTQ_PROD = 0x1_00a8;
const EVENTQ_BASE = 0xa0;

class Replay {
  readonly machine: QemuMachine;
  readonly differences: string[] = [];
  readonly dmas: DmaRun[] = [];
  readonly untagged: string[] = [];
  #drift = 0;

  constructor(recorded: QemuCase) {
    this.machine = new QemuMachine(recorded.stage);
    for (const step of recorded.mem) {
      this.machine.store(step);
    }
    for (const [index, step] of recorded.steps.entries()) {
      this.#step(step, index);
    }
  }

  #step(step: Step, index: number): void {
    const compared = !('unpred' in step) && !('dev' in step);
    if (step.op === 'wr') {
      this.#write(step, index, compared);
    } else if (step.op === 'rd') {
      this.#read(step, index, compared);
    } else if (step.op === 'dma') {
      const beyond = passesBeyondOutput(step) && step.dev === undefined;
      if (beyond) {
        this.untagged.push('dev:BYPASS-ADDR-SIZE');
      }
      this.#dma(step, index, compared && !beyond);
    } else if (step.op === 'evq') {
      const expected = 'events' in step.exp ? step.exp.events : step.exp;
      this.#compareEvents(expected, this.machine.newEvents(), index, compared);
    } else {
      this.machine.store(step);
    }
  }

  #write(step: Extract<Step, { op: 'wr' }>, index: number, compared: boolean): void {
    const offset = Number(step.off);
    this.machine.write(offset, step.w, BigInt(step.val));
    if (offset === EVENTQ_PROD || offset === EVENTQ_BASE) {
      this.machine.resetEvents();
    }
    if (compared && step.exp !== undefined) {
      this.#snapshot(step.exp, index);
    }
  }

  #read(step: Extract<Step, { op: 'rd' }>, index: number, compared: boolean): void {
    const offset = Number(step.off);
    const value = step.w === 8 ? this.machine.read64(offset) : BigInt(this.machine.read(offset));
    if (compared && value !== BigInt(step.val)) {
      this.#differ(index, `${step.off} reads ${value.toString(16)}, ${step.val} expected`);
    }
  }

  #dma(step: DmaStep, index: number, compared: boolean): void {
    const beats = step.exp?.beats ?? [{ iova: step.iova, len: step.len, st: '' }];
    const data = step.data === undefined ? undefined : bytesOf(step.data);
    const read: string[] = [];
    const states: string[] = [];
    for (const beat of beats) {
      const from = Number(BigInt(beat.iova) - BigInt(step.iova));
      const bytes =
        step.rw === 'w' ? (data ?? new Uint8Array()).subarray(from, from + beat.len) : undefined;
      const outcome = this.machine.access(Number(step.sid), BigInt(beat.iova), beat.len, bytes);
      states.push(outcome.st);
      read.push(hexOf(outcome.data ?? new Uint8Array(beat.len)));
      const pa = PASSES.has(outcome.st) ? outcome.pa.toString(16) : '-';
      const wanted = beat.pa === undefined ? pa : BigInt(beat.pa).toString(16);
      const same =
        outcome.st === beat.st && pa === wanted && outcome.busAbort === (beat.bus === 'abort');
      if (compared && !same) {
        const where = `beat ${beat.iova} ${step.rw}`;
        this.#differ(
          index,
          `${where}: ${beat.st} ${wanted} ${beat.bus ?? ''} expected, ${outcome.st} ${pa} ${outcome.busAbort}`,
        );
      }
    }
    const events = this.machine.newEvents();
    const marks = [step.dev, passesBeyondOutput(step) ? 'BYPASS-ADDR-SIZE' : undefined];
    this.dmas.push({
      step,
      marks: marks.filter((mark) => mark !== undefined),
      iovas: beats.map(({ iova }) => iova),
      states,
      events,
    });
    if (step.exp === undefined) {
      return;
    }
    if (compared && step.rw === 'r' && step.exp.ok && read.join('') !== step.exp.data) {
      this.#differ(index, `data ${step.exp.data} expected, ${read.join('')} read`);
    }
    this.#compareEvents(step.exp.events, events, index, compared);
    if (compared) {
      this.#snapshot(step.exp.regs, index);
    }
  }

  #compareEvents(
    expected: readonly string[],
    actual: readonly string[],
    index: number,
    compared: boolean,
  ): void {
    if (!compared) {
      this.#drift += actual.length - expected.length;
      return;
    }
    const want = expected.map(normalEvent).join(' | ');
    const have = actual.map(normalEvent).join(' | ');
    if (want !== have) {
      this.#differ(index, `events [${want}] expected, [${have}] written`);
    }
  }

  #snapshot(expected: Parameters<typeof snapshotDifferences>[0], index: number): void {
    const read = (offset: number): number => this.machine.read(offset);
    for (const text of snapshotDifferences(expected, read, this.#drift)) {
      this.#differ(index, text);
    }
  }

  #differ(index: number, text: string): void {
    this.differences.push(`step ${index}: ${text}`);
  }
}

/** QEMU lets a bypassing access through to an address that the output size does not have. */
function passesBeyondOutput(step: DmaStep): boolean {
  const passes = step.exp?.beats.some(({ st }) => st === 'bypass' || st === 'disabled') ?? false;
  return passes && BigInt(step.iova) >= OUTPUT_LIMIT;
}

/** Runs a case on the model. */
export function runCase(recorded: QemuCase): CaseRun {
  const { untagged, differences, dmas, machine } = new Replay(recorded);
  return { untagged, differences, dmas, machine };
}

function isDeviation(recorded: QemuCase): boolean {
  return (
    recorded.crash !== undefined ||
    recorded.tags.some((tag) => tag.startsWith('dev:') || tag === 'qemu-crash')
  );
}

/** Tags as the report shows them; one that the table does not decide says so. */
function reasons(tags: readonly string[]): string {
  const undecided = deviationsOf(tags).filter((entry) => typeof entry === 'string');
  return [...tags, ...undecided.map((tag) => `(${tag} is undecided)`)].join(' ');
}

function replay(line: Readonly<Record<string, unknown>>): Verdict {
  const recorded = line as unknown as QemuCase;
  const { id, cat: category } = recorded;
  const run = runCase(recorded);
  if (isDeviation(recorded) || run.untagged.length !== 0) {
    const wrong = decide(recorded, run);
    return wrong.length === 0
      ? { id, category, outcome: 'apart', detail: reasons([...recorded.tags, ...run.untagged]) }
      : { id, category, outcome: 'diverged', detail: wrong.join('; ') };
  }
  return run.differences.length === 0
    ? { id, category, outcome: 'agreed' }
    : { id, category, outcome: 'diverged', detail: run.differences.join('\n    ') };
}

/** Vectors of QEMU's SMMUv3. */
export const qemuHardware: Replayer = {
  name: 'hardware (QEMU 11.1.3)',
  matches: (line) => 'steps' in line && 'stage' in line && 'cat' in line,
  replay,
};
