// Owns the threads that run sessions: one for the current run and its trace, one spare that is warm for
// the next. A run that does not end is stopped through the shared words, and if that is not enough the
// thread is ended. The same class serves the window and the command line.

import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type {
  OutputRecord,
  RunRequest,
  RunResult,
  SessionApi,
  SessionState,
  SessionStatus,
} from '../protocol/api.ts';
import type { InspectAnswer, InspectRequest } from '../protocol/inspect.ts';
import { LIVE } from '../protocol/trace-api.ts';
import { CONTROL_STOP, STOP_BY_TIME_LIMIT, STOP_BY_USER } from '../session/run-control.ts';
import type { ThreadDebugger } from './session-thread.ts';
import { SessionThread } from './session-thread.ts';
import type { TraceThread } from './trace-thread.ts';

/** How a host starts its threads. */
export interface SessionHostOptions {
  /** The bundled session-worker: an absolute path or a file URL. */
  readonly worker: string | URL;
  /** Keep a warm thread for the next run (windows); without it one is started when needed. */
  readonly spare?: boolean;
  /** Heap of a script and its simulator, MiB. */
  readonly heapMb?: number;
  /** Keeps the traces of runs, and answers about them; without it their own threads do. */
  readonly traces?: TraceThread;
}

/** A change of state, with words for the user when there is something to say. */
export interface SessionStateChange {
  readonly state: SessionState;
  readonly message?: string;
}

const HEAP_MB = 1024;
/** How long a script may take to notice that it must stop before its thread is ended. */
const GRACE_MS = 300;
const HEARTBEAT_MS = 2000;
/** An idle thread that has not answered for this long is replaced. */
const HUNG_MS = 4000;

/** Runs scripts, one at a time, and survives whatever they do. */
export class SessionHost implements Disposable {
  readonly #options: SessionHostOptions;
  readonly #output = new Emitter<readonly OutputRecord[]>();
  readonly #status = new Emitter<SessionStatus>();
  readonly #state = new Emitter<SessionStateChange>();
  readonly onDidOutput = this.#output.event;
  readonly onDidChangeStatus = this.#status.event;
  readonly onDidChangeState = this.#state.event;
  /** The thread of the last run: it holds the trace. */
  #current: SessionThread | undefined;
  #spare: SessionThread | undefined;
  #now: SessionState = 'starting';
  #heartbeat: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(options: SessionHostOptions) {
    this.#options = options;
    this.#prepare();
    this.#heartbeat = setInterval(() => void this.#checkSpare(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get state(): SessionState {
    return this.#now;
  }

  /** The thread that runs, or ran last: for a debugger. */
  get thread(): SessionThread | undefined {
    return this.#current;
  }

  /**
   * Runs a script to its end, if wanted under a debugger; the result says how it ended, also when its
   * thread had to be ended.
   * @throws Error when a run is going on, or the host is disposed.
   */
  async run(request: RunRequest, debug?: ThreadDebugger): Promise<RunResult> {
    if (this.#now === 'running' || this.#now === 'stopping') {
      throw new Error('a script is running: stop it first');
    }
    const thread = this.#spare ?? this.#startThread();
    this.#spare = undefined;
    const ended = this.#current?.end();
    this.#current = thread;
    if (thread.feed !== undefined) {
      this.#options.traces?.follow(thread.feed, thread.control);
    }
    this.#setState('running');
    thread.onDidOutput((records) => this.#output.fire(records));
    thread.onDidChangeStatus((status) => this.#status.fire(status));
    let limit: NodeJS.Timeout | undefined;
    thread.ready.then(
      () => {
        // Time that a person takes at a breakpoint is not the script's.
        const seconds = debug === undefined ? request.timeLimit : undefined;
        limit = this.#armTimeLimit(thread, seconds);
      },
      () => undefined,
    );
    try {
      if (debug !== undefined) {
        // An inspector attaches to every thread: one that is just ending takes the process with it.
        await ended;
      }
      return await thread.run(request, debug);
    } finally {
      clearTimeout(limit);
      const died = thread.cause;
      if (died !== undefined && !this.#disposed) {
        this.#setState('dead', died.message);
      }
      this.#prepare();
    }
  }

  /** Stops the running script within a second; nothing happens when none runs. */
  async stop(): Promise<void> {
    const thread = this.#current;
    if (thread === undefined || this.#now !== 'running') {
      return;
    }
    this.#setState('stopping');
    await this.#halt(thread, STOP_BY_USER);
  }

  /**
   * The last session as text of the session file.
   * @throws Error when nothing has run, or the session's thread is gone.
   */
  async saveTrace(): Promise<string> {
    return await this.#withTrace().saveTrace();
  }

  /**
   * Writes the last session to a file, of any size: whole, or not at all.
   * @throws Error when nothing has run, the session's thread is gone, or the file cannot be written
   */
  async saveTraceTo(path: string): Promise<void> {
    await this.#withTrace().saveTraceTo(path);
  }

  /**
   * Looks at the hardware of the session that runs or ran last.
   * @throws Error when nothing has run, or the session's thread is gone.
   */
  async inspect(request: InspectRequest): Promise<InspectAnswer> {
    const { traces } = this.#options;
    if (traces !== undefined) {
      return await traces.client.calls.inspect(LIVE, request);
    }
    return await this.#withTrace().inspect(request);
  }

  #withTrace(): SessionApi {
    const thread = this.#current;
    if (thread === undefined) {
      throw new Error('nothing has run yet');
    }
    if (thread.cause !== undefined) {
      throw new Error(`the trace is lost: ${thread.cause.message}`);
    }
    return thread.client.calls;
  }

  /** Ends all threads. */
  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#heartbeat);
    void this.#current?.end();
    void this.#spare?.end();
    this.#output.dispose();
    this.#status.dispose();
    this.#state.dispose();
  }

  #startThread(): SessionThread {
    if (this.#disposed) {
      throw new Error('the session host is closed');
    }
    const { worker, heapMb, traces } = this.#options;
    return new SessionThread(worker, heapMb ?? HEAP_MB, traces !== undefined);
  }

  /** Makes the spare, or shows that a run may start when there is to be none. */
  #prepare(): void {
    if (this.#disposed) {
      return;
    }
    if (this.#options.spare !== true) {
      this.#setState('idle');
      return;
    }
    this.#spare ??= this.#startThread();
    const spare = this.#spare;
    if (!spare.isReady) {
      this.#setState('starting');
    }
    spare.ready.then(
      () => {
        if (this.#spare === spare) {
          this.#setState('idle');
        }
      },
      (error: Error) => {
        if (this.#spare === spare) {
          this.#spare = undefined;
          this.#setState('dead', error.message);
        }
      },
    );
  }

  async #checkSpare(): Promise<void> {
    const spare = this.#spare;
    if (spare === undefined || !spare.isReady) {
      return;
    }
    const answered = await Promise.race([
      spare.client.calls.ping().then(
        () => true,
        () => false,
      ),
      delay(HUNG_MS, false, { ref: false }),
    ]);
    if (!answered && this.#spare === spare) {
      void spare.end();
      this.#spare = undefined;
      this.#setState('dead', 'the idle session thread stopped answering; a new one is started');
      this.#prepare();
    }
  }

  #armTimeLimit(thread: SessionThread, seconds: number | undefined): NodeJS.Timeout | undefined {
    if (seconds === undefined) {
      return undefined;
    }
    const halt = (): void => void this.#halt(thread, STOP_BY_TIME_LIMIT);
    return setTimeout(halt, Math.min(seconds * 1000, 2 ** 31 - 1));
  }

  async #halt(thread: SessionThread, reason: number): Promise<void> {
    Atomics.store(thread.control, CONTROL_STOP, reason);
    await thread.release();
    const waited = delay(GRACE_MS, false, { ref: false });
    if (!(await Promise.race([thread.finished.then(() => true), waited]))) {
      await thread.end(reason);
    }
  }

  #setState(state: SessionState, message?: string): void {
    this.#now = state;
    this.#state.fire(message === undefined ? { state } : { state, message });
  }
}
