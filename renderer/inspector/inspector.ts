// The inspector: its views, and when they ask again. They follow the run's end and its figures, at most
// four times a second; a debugger that stops a script calls refresh().

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore, toDisposable } from '../../sim/base/disposable.ts';
import type { SessionStatus } from '../../sim/protocol/api.ts';
import { markWhenPainted } from '../base/dom.ts';
import type { ReadableStore } from '../base/store.ts';
import { CachesView } from './caches-view.ts';
import { FaultView } from './fault-view.ts';
import { InterruptsView } from './interrupts-view.ts';
import { MemoryView } from './memory-view.ts';
import { QueuesView } from './queues-view.ts';
import { RegistersView } from './registers-view.ts';
import { SoftwareView } from './software-view.ts';
import { TablesView } from './tables-view.ts';
import { TopologyView } from './topology-view.ts';
import type { Ask } from './view.ts';

/** Refreshes by figures of a running session are at least this far apart. */
const STATUS_INTERVAL_MS = 250;

/** What of the session the inspector follows. */
export interface InspectedSession {
  readonly info: ReadableStore<{ readonly state: string }>;
  readonly status: ReadableStore<SessionStatus | undefined>;
  readonly result: ReadableStore<unknown>;
}

/** All views. */
export class Inspector implements Disposable {
  readonly fault: FaultView;
  readonly tables: TablesView;
  readonly registers: RegistersView;
  readonly queues: QueuesView;
  readonly caches: CachesView;
  readonly interrupts: InterruptsView;
  readonly software: SoftwareView;
  readonly topology: TopologyView;
  readonly memory: MemoryView;
  readonly ask: Ask;
  readonly #owned = new DisposableStore();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ask: Ask, session: InspectedSession) {
    this.ask = ask;
    this.fault = new FaultView(ask);
    this.tables = new TablesView(ask);
    this.registers = new RegistersView(ask);
    this.queues = new QueuesView(ask);
    this.caches = new CachesView(ask);
    this.interrupts = new InterruptsView(ask);
    this.software = new SoftwareView(ask);
    this.topology = new TopologyView(ask);
    this.memory = new MemoryView(ask);
    let state = session.info.value.state;
    this.#owned.add(
      session.info.onDidChange((info) => {
        if (info.state === 'running' && state !== 'running') {
          this.#restart();
        }
        state = info.state;
      }),
    );
    this.#owned.add(session.status.onDidChange((status) => status && this.#refreshSoon()));
    this.#owned.add(session.result.onDidChange((result) => result && this.refresh()));
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
  }

  /** Asks again, wherever somebody looks. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const shown = Promise.all(this.#views.map((view) => view.refreshed()));
    void shown.then(() => markWhenPainted('substream:inspected'));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  get #views() {
    return [
      this.fault,
      this.tables,
      this.registers,
      this.queues,
      this.caches,
      this.interrupts,
      this.software,
      this.topology,
      this.memory,
    ] as const;
  }

  #restart(): void {
    for (const view of this.#views) {
      view.restart();
    }
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => this.refresh(), STATUS_INTERVAL_MS);
  }
}
