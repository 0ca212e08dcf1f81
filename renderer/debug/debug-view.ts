// The debugger as the window sees it: whether a script runs under it, where it stands, and its variables.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore } from '../../sim/base/disposable.ts';
import type {
  DebugScope,
  DebugStop,
  DebugVariable,
  EvaluateAnswer,
  HardwareStep,
} from '../../sim/protocol/debug.ts';
import type { Remote } from '../base/connection.ts';
import { markWhenPainted } from '../base/dom.ts';
import { Store } from '../base/store.ts';
import type { Documents } from '../editor/documents.ts';
import type { SessionView } from '../workbench/session.ts';
import { Breakpoints } from './breakpoints.ts';

/**
 * A stop that ends sooner than this is followed by the next with nothing shown between them: what is shown
 * takes a frame, and the next stop then waits for the frame after it.
 */
const LINGER_MS = 150;

/** Where the debugger stands. */
export type DebugState = 'inactive' | 'running' | 'stopped';

/** One line of the debug console. */
export interface ConsoleEntry {
  readonly kind: 'input' | 'result' | 'error';
  readonly text: string;
  /** Parts of a result, while the script stands still. */
  readonly reference: number;
}

/** A watched expression with its value at the last stop. */
export interface Watched {
  readonly expression: string;
  readonly answer?: EvaluateAnswer;
}

/** Drives the debugger of the main process. */
export class DebugView implements Disposable {
  readonly #remote: Remote;
  readonly #session: SessionView;
  readonly #documents: Documents;
  readonly #owned = new DisposableStore();
  #linger: ReturnType<typeof setTimeout> | undefined;
  /** The script went on; `state` says so when that has lasted. */
  #goesOn = false;
  /** Text version that runs: breakpoints of a changed text mean other lines. */
  #version = 0;

  readonly breakpoints: Breakpoints;
  readonly state = new Store<DebugState>('inactive');
  /** The document under the debugger. */
  readonly document = new Store<string | undefined>(undefined);
  readonly stop = new Store<DebugStop | undefined>(undefined);
  /** Selected frame. */
  readonly frame = new Store(1);
  readonly scopes = new Store<readonly DebugScope[]>([]);
  readonly watches = new Store<readonly Watched[]>([]);
  readonly console = new Store<readonly ConsoleEntry[]>([]);

  constructor(remote: Remote, session: SessionView, documents: Documents) {
    this.#remote = remote;
    this.#session = session;
    this.#documents = documents;
    this.breakpoints = this.#owned.add(
      new Breakpoints(documents, {
        remember: (script, set) => void remote.calls.debugRemember(script, set),
      }),
    );
    this.#owned.add(remote.on('debugStopped', (stop) => this.#stopped(stop)));
    this.#owned.add(remote.on('debugContinued', () => this.#continued()));
    this.#owned.add(remote.on('debugEnded', () => this.#ended()));
    this.#owned.add(remote.on('debugBreakpoints', (list) => this.breakpoints.report(list)));
    this.#owned.add(this.breakpoints.sets.onDidChange(() => void this.#send()));
    void remote.calls.debugRecall().then((all) => this.breakpoints.recall(all));
  }

  /** True when the text of the debugged script is no longer the one that runs. */
  get isStale(): boolean {
    const id = this.document.value;
    return (
      id !== undefined &&
      this.#documents.get(id) !== undefined &&
      this.#documents.model(id).getAlternativeVersionId() !== this.#version
    );
  }

  get #stands(): boolean {
    return this.state.value === 'stopped' && !this.#goesOn;
  }

  /** Runs a document under the debugger, to its end. */
  async launch(id: string, stopOnEntry = false): Promise<void> {
    if (this.#session.running) {
      return;
    }
    this.document.set(id);
    this.state.set('running');
    this.#version = this.#documents.model(id).getAlternativeVersionId();
    const breakpoints = this.breakpoints.of(id);
    await this.#session.run(id, (request) =>
      this.#remote.calls.debugLaunch({ request, breakpoints, stopOnEntry }),
    );
  }

  continue(): Promise<void> {
    return this.#go(() => this.#remote.calls.debugContinue());
  }

  next(): Promise<void> {
    return this.#go(() => this.#remote.calls.debugNext());
  }

  stepIn(): Promise<void> {
    return this.#go(() => this.#remote.calls.debugStepIn());
  }

  stepOut(): Promise<void> {
    return this.#go(() => this.#remote.calls.debugStepOut());
  }

  runTo(line: number): Promise<void> {
    return this.#go(() => this.#remote.calls.debugRunTo(line));
  }

  stepHardware(unit: HardwareStep): Promise<void> {
    return this.#go(() => this.#remote.calls.debugStepHardware(unit));
  }

  async pause(): Promise<void> {
    if (this.state.value === 'running' || this.#goesOn) {
      await this.#remote.calls.debugPause();
    }
  }

  /** Shows another frame's variables. */
  async select(frame: number): Promise<void> {
    this.frame.set(frame);
    this.scopes.set(await this.#remote.calls.debugScopes(frame));
    await this.#watchAll();
  }

  parts(reference: number): Promise<readonly DebugVariable[]> {
    return this.#remote.calls.debugVariables(reference);
  }

  async evaluate(expression: string, context: 'hover' | 'repl'): Promise<EvaluateAnswer> {
    const frame = this.frame.value;
    return await this.#remote.calls.debugEvaluate({ expression, frame, context });
  }

  /** Evaluates a line of the debug console and shows what came of it. */
  async submit(text: string): Promise<void> {
    this.#say({ kind: 'input', text, reference: 0 });
    if (!this.#stands) {
      this.#say({ kind: 'error', text: 'the script does not stand still', reference: 0 });
      return;
    }
    try {
      const { ok, value, reference } = await this.evaluate(text, 'repl');
      this.#say({ kind: ok ? 'result' : 'error', text: value, reference });
    } catch (error) {
      // The thread ended meanwhile: there is nothing left to look at.
      this.#say({ kind: 'error', text: (error as Error).message, reference: 0 });
      return;
    }
    this.scopes.set(await this.#remote.calls.debugScopes(this.frame.value));
    await this.#watchAll();
  }

  /** Sets a variable; the text of what went wrong, if anything. */
  async setVariable(
    reference: number,
    name: string,
    expression: string,
  ): Promise<string | undefined> {
    const frame = this.frame.value;
    const request = { reference, name, expression, frame };
    const { ok, value } = await this.#remote.calls.debugSetVariable(request);
    this.scopes.set(await this.#remote.calls.debugScopes(frame));
    await this.#watchAll();
    return ok ? undefined : value;
  }

  watch(expression: string): void {
    this.watches.update((list) => [...list, { expression }]);
    void this.#watchAll();
  }

  unwatch(index: number): void {
    this.watches.update((list) => list.filter((_, at) => at !== index));
  }

  dispose(): void {
    clearTimeout(this.#linger);
    this.#owned.dispose();
  }

  async #go(call: () => Promise<void>): Promise<void> {
    if (this.#stands) {
      await call();
    }
  }

  #stopped(stop: DebugStop): void {
    clearTimeout(this.#linger);
    this.#goesOn = false;
    this.frame.set(1);
    this.scopes.set(stop.scopes);
    if (stop.status !== undefined) {
      this.#session.status.set(stop.status);
    }
    this.state.set('stopped');
    this.stop.set(stop);
    markWhenPainted('substream:stopped');
    void this.#watchAll();
  }

  #continued(): void {
    this.#goesOn = true;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      this.state.set('running');
      this.#clear();
    }, LINGER_MS);
  }

  #ended(): void {
    this.#goesOn = false;
    this.state.set('inactive');
    this.#clear();
    if (this.document.value !== undefined) {
      this.breakpoints.forget(this.document.value);
    }
  }

  #clear(): void {
    clearTimeout(this.#linger);
    this.stop.set(undefined);
    this.scopes.set([]);
    this.watches.update((list) => list.map(({ expression }) => ({ expression })));
  }

  #say(entry: ConsoleEntry): void {
    this.console.update((list) => [...list.slice(-999), entry]);
  }

  async #watchAll(): Promise<void> {
    if (!this.#stands) {
      return;
    }
    const frame = this.frame.value;
    const watched = await Promise.all(
      this.watches.value.map(async ({ expression }): Promise<Watched> => {
        const request = { expression, frame, context: 'watch' } as const;
        return { expression, answer: await this.#remote.calls.debugEvaluate(request) };
      }),
    );
    if (watched.length === this.watches.value.length) {
      this.watches.set(watched);
    }
  }

  /** Tells a run that goes on of changed breakpoints; those of an edited text wait for the next run. */
  async #send(): Promise<void> {
    const id = this.document.value;
    if (this.state.value === 'inactive' || id === undefined) {
      return;
    }
    if (this.isStale) {
      const message = 'the text has changed since this run started: restart to use it';
      const { lines } = this.breakpoints.of(id);
      this.breakpoints.report(lines.map((one) => ({ id: one.id, verified: false, message })));
      return;
    }
    this.breakpoints.report(await this.#remote.calls.debugSetBreakpoints(this.breakpoints.of(id)));
  }
}
