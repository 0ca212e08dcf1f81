// The inspector protocol to one worker thread, from its parent: node:inspector's session, its NodeWorker
// domain, and numbered messages inside. The one file that knows this transport.

import { Session } from 'node:inspector';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';

/** A notification of the thread's inspector. */
export interface CdpEvent {
  readonly method: string;
  readonly params: unknown;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Attached {
  readonly sessionId: string;
  /** `[worker 3]`: the thread's id; `workerId` is a count of this session's own. */
  readonly workerInfo: { readonly title: string };
}

/** How long a thread may take to show up; it exists, so this is a broken inspector. */
const ATTACH_MS = 5000;

/** The thread refused a message, or is gone. */
export class CdpError extends Error {
  override readonly name = 'CdpError';
}

/** A connection to one thread. Closing detaches: a paused thread runs on. */
export class WorkerConnection implements Disposable {
  readonly #session: Session;
  readonly #sessionId: string;
  readonly #events = new Emitter<CdpEvent>();
  readonly #closed = new Emitter<void>();
  readonly #pending = new Map<number, Pending>();
  readonly onEvent = this.#events.event;
  /** Told once, when the thread ended or the connection was closed. */
  readonly onDidClose = this.#closed.event;
  #nextId = 1;
  #open = true;

  /** @throws CdpError when the thread is not there */
  static async attach(threadId: number): Promise<WorkerConnection> {
    const session = new Session();
    session.connect();
    const found = new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => reject(new CdpError('no such thread')), ATTACH_MS);
      session.on('NodeWorker.attachedToWorker', ({ params }) => {
        const { sessionId, workerInfo } = params as Attached;
        if (workerInfo.title.startsWith(`[worker ${threadId}]`)) {
          clearTimeout(limit);
          resolve(sessionId);
        } else {
          session.post('NodeWorker.detach', { sessionId }, () => undefined);
        }
      });
    });
    try {
      await posted(session, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
      return new WorkerConnection(session, await found);
    } catch (error) {
      session.disconnect();
      throw error;
    }
  }

  private constructor(session: Session, sessionId: string) {
    this.#session = session;
    this.#sessionId = sessionId;
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId === sessionId) {
        this.#receive(params.message);
      }
    });
    session.on('NodeWorker.detachedFromWorker', ({ params }) => {
      if (params.sessionId === sessionId) {
        this.#close();
      }
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Sends a message and gives its result. @throws CdpError when it is refused or the thread ends */
  send<T = unknown>(method: string, params: object = {}): Promise<T> {
    if (!this.#open) {
      return Promise.reject(new CdpError(`${method}: the thread is gone`));
    }
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      const message = JSON.stringify({ id, method, params });
      const to = { sessionId: this.#sessionId, message };
      this.#session.post('NodeWorker.sendMessageToWorker', to, (error) => {
        if (error !== null) {
          this.#pending.delete(id);
          reject(new CdpError(`${method}: ${error.message}`));
        }
      });
    });
  }

  dispose(): void {
    if (this.#open) {
      this.#session.post('NodeWorker.detach', { sessionId: this.#sessionId }, () => undefined);
      this.#close();
    }
  }

  #receive(text: string): void {
    const { id, method, params, result, error } = JSON.parse(text) as {
      readonly id?: number;
      readonly method?: string;
      readonly params?: unknown;
      readonly result?: unknown;
      readonly error?: { readonly message: string };
    };
    if (id === undefined) {
      this.#events.fire({ method: method ?? '', params });
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) {
      pending?.resolve(result);
    } else {
      pending?.reject(new CdpError(error.message));
    }
  }

  #close(): void {
    if (!this.#open) {
      return;
    }
    this.#open = false;
    for (const { reject } of this.#pending.values()) {
      reject(new CdpError('the thread is gone'));
    }
    this.#pending.clear();
    this.#session.disconnect();
    this.#closed.fire();
    this.#closed.dispose();
    this.#events.dispose();
  }
}

function posted(session: Session, method: string, params: object): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error) => (error === null ? resolve() : reject(error)));
  });
}
