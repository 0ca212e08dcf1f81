// One worker thread with one session: its start, its run, and the words for every way it can die.

import type { MessagePort } from 'node:worker_threads';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Emitter } from '../base/emitter.ts';
import type { OutputRecord, Place, RunRequest, RunResult, SessionStatus } from '../protocol/api.ts';
import { SESSION_CONTRACT } from '../protocol/contracts.ts';
import { connectRpc } from '../protocol/rpc.ts';
import {
  CONTROL_OWN_MIB,
  CONTROL_WORDS,
  STOP_BY_TIME_LIMIT,
  STOP_BY_USER,
} from '../session/run-control.ts';
import { workerChannel } from './worker-channel.ts';

/** Why a thread is no more. */
export interface ThreadEnd {
  readonly name: string;
  readonly message: string;
  /** Exit status of a run that ended this way. */
  readonly exit: number;
}

/** Debugs one thread. It must let go before the thread ends: a paused thread cannot be ended. */
export interface ThreadDebugger {
  /** The run as the debugger wants it. */
  prepare(request: RunRequest): RunRequest;
  /** Before the run, when the thread is ready. @throws Error when the thread cannot be debugged */
  attach(threadId: number): Promise<void>;
  /** Lets the thread run on and detaches; tells, when asked and known, where the script is. */
  release(wantPlace: boolean): Promise<Place | undefined>;
  /** The run is over, or its thread gone: what the debugger did to the engine can be taken back. */
  ended(): void;
}

const BY_REASON: Readonly<Record<number, ThreadEnd>> = {
  [STOP_BY_USER]: {
    name: 'Stopped',
    message: 'stopped; the script did not answer, so its session was ended',
    exit: 1,
  },
  [STOP_BY_TIME_LIMIT]: {
    name: 'TimeLimit',
    message: 'time limit reached; the script did not answer, so its session was ended',
    exit: 4,
  },
};

const MIB = 2 ** 20;
/** How often the memory of a run is looked at. */
const WATCH_MS = 25;
/**
 * The engine's own heap limit stands this much above ours: near its limit a single large allocation
 * would abort the whole process instead of ending the thread.
 */
const HEADROOM = 3;

/** A session's thread. Make one, wait for `ready`, run once, end it. */
export class SessionThread {
  readonly control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  readonly client;
  /** The far end of the trace's feed, to be given to whoever keeps it. */
  readonly feed: MessagePort | undefined;
  /** Fulfilled when the thread can run a script at once; rejected when it died first. */
  readonly ready: Promise<void>;
  /** Fulfilled when the run, if any, is over. */
  readonly finished: Promise<void>;
  readonly #worker: Worker;
  readonly #heapMb: number;
  readonly #output = new Emitter<readonly OutputRecord[]>();
  readonly #status = new Emitter<SessionStatus>();
  readonly onDidOutput = this.#output.event;
  readonly onDidChangeStatus = this.#status.event;
  #end: ThreadEnd | undefined;
  #isReady = false;
  #debugger: ThreadDebugger | undefined;
  #place: Place | undefined;
  #events = 0;
  #dmas = 0;
  #finish: () => void = () => undefined;

  /** @param fed whether another thread keeps the trace */
  constructor(file: string | URL, heapMb: number, fed = false) {
    const channel = fed ? new MessageChannel() : undefined;
    this.feed = channel?.port2;
    const feed = channel?.port1;
    this.#worker = new Worker(file, {
      workerData: { control: this.control, feed },
      transferList: feed === undefined ? [] : [feed],
      resourceLimits: { maxOldGenerationSizeMb: heapMb * HEADROOM, stackSizeMb: 4 },
      env: {},
      execArgv: [],
      stdin: false,
    });
    this.#heapMb = heapMb;
    this.#worker.on('error', (error) => {
      this.#end ??= endOf(error, heapMb);
    });
    this.#worker.on('exit', (code) => {
      this.#end ??= { name: 'Exit', message: `the session thread ended (${code})`, exit: 70 };
    });
    this.client = connectRpc(workerChannel(this.#worker), SESSION_CONTRACT);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.ready = this.#ping();
    this.ready.catch(() => undefined);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Why the thread is gone; undefined while it lives. */
  get cause(): ThreadEnd | undefined {
    return this.#end;
  }

  /** Id of the thread, as debuggers name it. */
  get threadId(): number {
    return this.#worker.threadId;
  }

  /** Runs a script; when the thread dies of it, the result says so. */
  async run(request: RunRequest, debug?: ThreadDebugger): Promise<RunResult> {
    const watch = this.#watchMemory();
    this.client.on('output', (records) => this.#pass(records));
    this.client.on('status', (status) => {
      this.#dmas = status.dmas;
      this.#status.fire(status);
    });
    try {
      await this.ready;
      this.#debugger = debug;
      await debug?.attach(this.threadId);
      return await this.client.calls.run(debug?.prepare(request) ?? request);
    } catch (error) {
      return this.#resultOfDeath(error);
    } finally {
      clearInterval(watch);
      await debug?.release(false);
      debug?.ended();
      this.#finish();
    }
  }

  /** Lets a debugger go, so that the thread can end, or run to where it notices that it must. */
  async release(): Promise<void> {
    await this.#debugger?.release(false);
  }

  /** Ends the thread. */
  async end(reason?: number): Promise<void> {
    this.#end ??= BY_REASON[reason ?? 0] ?? { name: 'Ended', message: 'session closed', exit: 70 };
    await this.release();
    await this.#worker.terminate();
  }

  /** Ends the thread when the process has grown by more than a script may hold. */
  #watchMemory(): NodeJS.Timeout {
    const before = process.memoryUsage.rss();
    const watch = setInterval(() => {
      const own = Atomics.load(this.control, CONTROL_OWN_MIB) * MIB;
      if (process.memoryUsage.rss() - before - own > this.#heapMb * MIB) {
        clearInterval(watch);
        this.#end ??= outOfMemory(this.#heapMb);
        void this.#endWithPlace();
      }
    }, WATCH_MS);
    return watch;
  }

  async #endWithPlace(): Promise<void> {
    this.#place = await this.#debugger?.release(true);
    await this.#worker.terminate();
  }

  async #ping(): Promise<void> {
    try {
      await this.client.calls.ping();
      this.#isReady = true;
    } catch (error) {
      throw new Error(this.#end?.message ?? String(error));
    }
  }

  #pass(records: readonly OutputRecord[]): void {
    for (const record of records) {
      this.#events += record.type === 'event' ? 1 : 0;
    }
    this.#output.fire(records);
  }

  #resultOfDeath(error: unknown): RunResult {
    const { name, message, exit } = this.#end ?? {
      name: 'InternalError',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      exit: 70,
    };
    const place = this.#place;
    const result: RunResult = {
      type: 'result',
      ok: false,
      exit,
      events: this.#events,
      dmas: this.#dmas,
      error: { name, message, ...(place === undefined ? {} : { place }), stack: [] },
    };
    this.#output.fire([result]);
    return result;
  }
}

function endOf(error: unknown, heapMb: number): ThreadEnd {
  const { code, message, stack } = error as { code?: string; message?: string; stack?: string };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return outOfMemory(heapMb);
  }
  return { name: 'InternalError', message: stack ?? message ?? String(error), exit: 70 };
}

function outOfMemory(heapMb: number): ThreadEnd {
  return {
    name: 'OutOfMemory',
    message: `the script used more than ${heapMb} MB of memory, so its session was ended`,
    exit: 1,
  };
}
