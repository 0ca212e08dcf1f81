// The main process's end of the thread that keeps traces: starts it, and starts it again should it end.

import type { MessagePort } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { RpcClient } from '../protocol/rpc.ts';
import { connectRpc } from '../protocol/rpc.ts';
import type { TraceApi, TraceEvents } from '../protocol/trace-api.ts';
import { TRACE_CONTRACT } from '../protocol/trace-api.ts';
import type { MemoryLimits } from './kept-session.ts';
import { workerChannel } from './worker-channel.ts';

/** A live session's feed, as sent to the thread beside its calls. */
export interface FeedMessage {
  readonly feed: MessagePort;
  /** Words of run-control.ts. */
  readonly control: Int32Array;
}

/** Heap of the thread beside the traces themselves, MiB: indexes, texts, opened files. */
const HEAP_MB = 4096;

/** The thread. */
export class TraceThread implements Disposable {
  readonly #file: string | URL;
  readonly #limits: MemoryLimits | undefined;
  readonly #progress = new Emitter<{ readonly task: number; readonly done: number }>();
  readonly onDidProgress = this.#progress.event;
  #worker: Worker | undefined;
  #client: RpcClient<TraceApi, TraceEvents> | undefined;
  #disposed = false;

  /**
   * @param file the bundled trace-worker: an absolute path or a file URL
   * @param limits of a live trace in memory; by default 640 MiB, and 1 GiB when the disk is full
   */
  constructor(file: string | URL, limits?: MemoryLimits) {
    this.#file = file;
    this.#limits = limits;
    this.#start();
  }

  /** The thread's calls; those that are pending are rejected when it ends. */
  get client(): RpcClient<TraceApi, TraceEvents> {
    return this.#client ?? this.#start();
  }

  /** Keeps the trace of a run that starts. */
  follow(feed: MessagePort, control: Int32Array): void {
    this.client;
    const message: FeedMessage = { feed, control };
    this.#worker?.postMessage(message, [feed]);
  }

  /** Ends the thread. */
  dispose(): void {
    this.#disposed = true;
    this.#progress.dispose();
    this.#client?.dispose();
    void this.#worker?.terminate();
  }

  #start(): RpcClient<TraceApi, TraceEvents> {
    if (this.#disposed) {
      throw new Error('the traces are closed');
    }
    const worker = new Worker(this.#file, {
      workerData: { limits: this.#limits },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      execArgv: [],
      stdin: false,
    });
    const client = connectRpc(workerChannel(worker), TRACE_CONTRACT);
    client.on('progress', (task, done) => this.#progress.fire({ task, done }));
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) {
        this.#worker = undefined;
        this.#client = undefined;
      }
    });
    this.#worker = worker;
    this.#client = client;
    return client;
  }
}
