// A memory copy engine: work queues, each with a PASID of its own, jobs in order of submission, and an
// interrupt when one is done. Results and residues as the kernel's dmaengine has them.
// Limits: one job runs at a time; its time is a fixed start plus a rate, not that of any silicon.

import type { Machine } from '../machine/machine.ts';
import { K } from '../trace/kinds.ts';
import type { DmaAttributes, DmaMaster, DmaOutcome } from './dma-master.ts';

/** enum dmaengine_tx_result. */
export const DMA_TRANS_NOERROR = 0;
export const DMA_TRANS_READ_FAILED = 1;
export const DMA_TRANS_WRITE_FAILED = 2;
export const DMA_TRANS_ABORTED = 3;

/** Jobs that wait in one queue. */
export const QUEUE_DEPTH = 64;
/** Bytes that the engine holds between reading and writing. */
const BURST = 4096;
/** Ticks (nanoseconds) that a job takes: to start, and for each 8 bytes. */
const START = 1000;
const BYTES_PER_TICK = 8;
/** How long the engine puts off a job while the kernel is in the middle of something. */
const RETRY = 1000;

/** One copy. Addresses as the device sends them. */
export interface CopyJob {
  readonly queue: number;
  readonly cookie: number;
  readonly src: bigint;
  readonly dst: bigint;
  /** Bytes. */
  readonly length: number;
  /** PASID, or -1 for none. */
  readonly ssid: number;
  /** Trace record of the submission. */
  readonly cause: number;
}

/** What the engine writes to its completion ring. */
export interface Completed {
  readonly queue: number;
  readonly cookie: number;
  /** One of DMA_TRANS_*. */
  readonly result: number;
  /** Bytes that were not copied. */
  readonly residue: number;
  /** For people: why it failed. */
  readonly reason?: string;
}

/** What an engine is connected to. */
export interface MemcpyEngineOptions {
  readonly machine: Machine;
  readonly master: DmaMaster;
  readonly sid: number;
  /** Interrupt line. */
  readonly irq: number;
  readonly queues: number;
  /** Says why an access failed. */
  readonly why: (outcome: DmaOutcome & { ok: false }, attributes: DmaAttributes) => string;
}

interface WorkQueue {
  /** PASID, -1 for none, undefined while the queue is off. */
  ssid: number | undefined;
  readonly jobs: CopyJob[];
}

/** The engine's side that a driver programs. */
export class MemcpyEngine {
  readonly irq: number;
  readonly #options: MemcpyEngineOptions;
  readonly #queues: readonly WorkQueue[];
  readonly #order: CopyJob[] = [];
  readonly #ring: Completed[] = [];
  #cookies = 0;
  #busy = false;

  constructor(options: MemcpyEngineOptions) {
    this.#options = options;
    this.irq = options.irq;
    this.#queues = Array.from({ length: options.queues }, () => ({ ssid: undefined, jobs: [] }));
  }

  get queues(): number {
    return this.#queues.length;
  }

  /** True when the queue exists and takes jobs. */
  enabled(queue: number): boolean {
    return this.#queues[queue]?.ssid !== undefined;
  }

  /** Jobs of the queue that have not started, at most {@link QUEUE_DEPTH}. */
  waiting(queue: number): number {
    return this.#queues[queue]?.jobs.length ?? 0;
  }

  /** Switches a queue on; its accesses carry `ssid` (-1: none). */
  enable(queue: number, ssid: number): void {
    const entry = this.#queues[queue];
    if (entry !== undefined) {
      entry.ssid = ssid;
    }
  }

  /** Switches a queue off: what waits in it is completed as aborted; a job that runs goes on. */
  disable(queue: number): void {
    const entry = this.#queues[queue];
    if (entry === undefined) {
      return;
    }
    entry.ssid = undefined;
    for (const job of entry.jobs.splice(0)) {
      this.#order.splice(this.#order.indexOf(job), 1);
      this.#complete(job, DMA_TRANS_ABORTED, job.length, 'the queue was switched off');
    }
  }

  /** Queues a copy and returns its cookie, from 1. */
  submit(queue: number, src: bigint, dst: bigint, length: number): number {
    const entry = this.#queues[queue];
    const { machine } = this.#options;
    this.#cookies++;
    const job = {
      queue,
      cookie: this.#cookies,
      src,
      dst,
      length,
      ssid: entry?.ssid ?? -1,
      cause: machine.recorder.cause,
    };
    entry?.jobs.push(job);
    this.#order.push(job);
    if (!this.#busy && this.#order.length === 1) {
      this.#startLater(job);
    }
    return job.cookie;
  }

  /** Takes what is in the completion ring. */
  takeCompleted(): Completed[] {
    return this.#ring.splice(0);
  }

  #startLater(job: CopyJob): void {
    const ticks = START + Math.ceil(job.length / BYTES_PER_TICK);
    this.#options.machine.clock.after(ticks, () => this.#next());
  }

  /** Runs the oldest job. A stalled access lets time pass: the kernel must be able to run meanwhile. */
  #next(): void {
    const { machine } = this.#options;
    if (machine.settling || this.#busy) {
      machine.clock.after(RETRY, () => this.#next());
      return;
    }
    const job = this.#order.shift();
    if (job === undefined) {
      return;
    }
    const jobs = this.#queues[job.queue]?.jobs ?? [];
    jobs.splice(jobs.indexOf(job), 1);
    const { recorder } = machine;
    const saved = recorder.cause;
    recorder.cause = job.cause;
    this.#busy = true;
    this.#copy(job);
    this.#busy = false;
    recorder.cause = saved;
    const [following] = this.#order;
    if (following !== undefined) {
      this.#startLater(following);
    }
  }

  #copy(job: CopyJob): void {
    const { master, sid, why } = this.#options;
    const attributes = { sid, ssid: job.ssid, privileged: false, instruction: false };
    const buffer = new Uint8Array(Math.min(job.length, BURST));
    for (let done = 0; done < job.length; ) {
      const bytes = buffer.subarray(0, Math.min(job.length - done, BURST));
      const read = master.read(job.src + BigInt(done), bytes, attributes);
      if (!read.ok) {
        const text = `read: ${why(read, attributes)}`;
        this.#complete(job, DMA_TRANS_READ_FAILED, job.length - done, text);
        return;
      }
      const written = master.write(job.dst + BigInt(done), bytes, attributes);
      if (!written.ok) {
        const text = `write: ${why(written, attributes)}`;
        const residue = job.length - done - written.at;
        this.#complete(job, DMA_TRANS_WRITE_FAILED, residue, text);
        return;
      }
      done += bytes.length;
    }
    this.#complete(job, DMA_TRANS_NOERROR, 0);
  }

  #complete({ queue, cookie }: CopyJob, result: number, residue: number, reason?: string): void {
    this.#ring.push({
      queue,
      cookie,
      result,
      residue,
      ...(reason === undefined ? {} : { reason }),
    });
    const { irq, recorder } = this.#options.machine;
    const handled = irq.raise(this.irq);
    recorder.emit(K.irq, this.irq, Number(handled), recorder.intern('device'));
  }
}
