// The debugger of one run, in the parent of its thread: breakpoints, steps and stops of a script, nothing
// of the simulator. Made before the run, attached to its thread, and always detached before that ends:
// a thread that is paused can neither be ended nor left by its process.

import type { Debugger, Runtime } from 'node:inspector';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { fromPlainText, plainText } from '../../base/plain-text.ts';
import type { Place, RunRequest } from '../../protocol/api.ts';
import type {
  BreakpointSet,
  BreakpointStatus,
  DebugException,
  DebugLaunch,
  DebugStop,
  HardwareStep,
} from '../../protocol/debug.ts';
import type { InspectAnswer, InspectRequest } from '../../protocol/inspect.ts';
import { AGENT } from '../../session/debug-agent.ts';
import type { ThreadDebugger } from '../session-thread.ts';
import { AgentView } from './agent-view.ts';
import { fateOf } from './caught-exceptions.ts';
import { keepLoopsInterruptible } from './interruptible-loops.ts';
import { PausedScript } from './paused-script.ts';
import { PausedStack } from './paused-stack.ts';
import { RunBreakpoints } from './run-breakpoints.ts';
import { ScriptSource } from './script-source.ts';
import { ScriptTree } from './script-tree.ts';
import { BREAK_URL, SIMULATOR_PATTERN, scriptUrl } from './script-urls.ts';
import { StepFilter } from './step-filter.ts';
import type { Going, ThrownValue } from './stop-reason.ts';
import { exceptionOf, isThrow, namedException, reasonOf } from './stop-reason.ts';
import type { CdpEvent } from './worker-connection.ts';
import { WorkerConnection } from './worker-connection.ts';

/** Awaits that a stack remembers. */
const ASYNC_DEPTH = 8;
/** How long a thread that runs may take to say where it is: near its limit most of its time goes to the collector. */
const WHERE_MS = 4000;

const INSIST_MS = 20;

type Step = 'Debugger.stepOver' | 'Debugger.stepInto' | 'Debugger.stepOut';

/** Debugs one run. */
export class ScriptDebugger implements ThreadDebugger {
  readonly #request: RunRequest;
  readonly #stopOnEntry: boolean;
  readonly #tree: ScriptTree;
  readonly #breakpoints: RunBreakpoints;
  readonly #urls = new Map<string, string>();
  readonly #stops = new Emitter<DebugStop>();
  readonly #continued = new Emitter<void>();
  readonly #bound = new Emitter<readonly BreakpointStatus[]>();
  readonly #ended = new Emitter<void>();
  readonly onDidStop = this.#stops.event;
  readonly onDidContinue = this.#continued.event;
  readonly onDidBind = this.#bound.event;
  readonly onDidEnd = this.#ended.event;
  #connection: WorkerConnection | undefined;
  #source: ScriptSource | undefined;
  #view: AgentView | undefined;
  #entryId: string | undefined;
  #going: Going = { how: 'run' };
  #paused: PausedScript | undefined;
  #isOutermost = false;
  #number = 0;
  #loops: Disposable | undefined;
  readonly #steps: StepFilter;
  #place: Place | undefined;

  constructor({ request, breakpoints, stopOnEntry }: DebugLaunch) {
    this.#request = request;
    this.#tree = new ScriptTree(request.text);
    this.#breakpoints = new RunBreakpoints(request.text, this.#tree, breakpoints);
    this.#stopOnEntry = stopOnEntry === true;
    this.#steps = new StepFilter(request.text, this.#tree);
  }

  /** The script while it stands still; undefined while it runs. */
  get paused(): PausedScript | undefined {
    return this.#paused;
  }

  prepare(request: RunRequest): RunRequest {
    return { ...request, debug: this.#breakpoints.preparation };
  }

  async attach(threadId: number): Promise<void> {
    await this.#breakpoints.compile();
    const connection = await WorkerConnection.attach(threadId);
    this.#connection = connection;
    connection.onEvent((event) => this.#onEvent(event));
    connection.onDidClose(() => this.#onClose());
    this.#loops = keepLoopsInterruptible();
    await connection.send('Debugger.enable');
    await connection.send('Debugger.setBlackboxPatterns', { patterns: [SIMULATOR_PATTERN] });
    await connection.send('Debugger.setAsyncCallStackDepth', { maxDepth: ASYNC_DEPTH });
    await this.#breakpoints.pauseOnExceptions(connection);
    const { breakpointId } = await connection.send<Debugger.SetBreakpointByUrlReturnType>(
      'Debugger.setBreakpointByUrl',
      { url: scriptUrl(this.#request.file), lineNumber: 0, columnNumber: 0 },
    );
    this.#entryId = breakpointId;
  }

  async release(wantPlace: boolean): Promise<Place | undefined> {
    const connection = this.#connection;
    if (connection === undefined) {
      return this.#place;
    }
    if (wantPlace && this.#paused === undefined && connection.isOpen) {
      this.#going = { how: 'release' };
      const stopped = new Promise<void>((resolve) => this.#stops.event(() => resolve()));
      void this.#insist();
      await Promise.race([stopped, delay(WHERE_MS, undefined, { ref: false })]);
    }
    connection.dispose();
    return this.#place;
  }

  /** Not when the connection closes: the script may be in a loop then, and must still be ended. */
  ended(): void {
    this.#loops?.dispose();
    this.#loops = undefined;
  }

  /** Replaces the breakpoints; answers what became of them as far as it is known. */
  async setBreakpoints(set: BreakpointSet): Promise<readonly BreakpointStatus[]> {
    return await this.#breakpoints.replace(set);
  }

  async continue(): Promise<void> {
    await this.#resume({ how: 'run' }, 'Debugger.resume');
  }

  async next(): Promise<void> {
    await this.#step('Debugger.stepOver');
  }

  async stepIn(): Promise<void> {
    await this.#step('Debugger.stepInto');
  }

  /** Out of the script itself leads to its end: the engine would stop in whatever runs next. */
  async stepOut(): Promise<void> {
    await (this.#isOutermost ? this.continue() : this.#step('Debugger.stepOut'));
  }

  /** Stops as soon as the script itself runs; nothing happens when it stands still already. */
  async pause(): Promise<void> {
    if (this.#paused === undefined) {
      this.#going = { how: 'pause' };
      await this.#insist();
    }
  }

  /** @throws Error when no line at or after `line` has code */
  async runTo(line: number): Promise<void> {
    const place = (await this.#breakpoints.places()).placeFor(line);
    if (place === undefined) {
      throw new Error(`line ${line} has no code, nor has any line after it`);
    }
    const { scriptId, lineNumber, columnNumber } = place.engine;
    await this.#resume({ how: 'goto' }, 'Debugger.continueToLocation', {
      location: { scriptId, lineNumber, columnNumber },
    });
  }

  async stepHardware(unit: HardwareStep): Promise<void> {
    await this.#agent(`watchOnce(${JSON.stringify(unit)})`);
    await this.#resume({ how: 'step', step: 'Debugger.stepOver' }, 'Debugger.resume');
  }

  /** Looks at the hardware of a script that stands still. @throws Error when it runs */
  async inspect(request: InspectRequest): Promise<InspectAnswer> {
    if (this.#paused === undefined) {
      throw new Error('the script is running');
    }
    const text = JSON.stringify(plainText(request));
    const answer = await this.#agent<string>(`inspect(${text})`);
    return fromPlainText(answer) as InspectAnswer;
  }

  async #step(step: Step): Promise<void> {
    await this.#resume({ how: 'step', step }, step);
  }

  /** @throws Error when the script runs */
  async #resume(going: Going, method: string, params: object = {}): Promise<void> {
    if (this.#paused === undefined) {
      throw new Error('the script is running: pause it first');
    }
    this.#paused = undefined;
    this.#going = going;
    this.#continued.fire();
    await this.#send(method, params);
  }

  /** The engine forgets a pause that it gets while the simulator runs, so it is told until it stops. */
  async #insist(): Promise<void> {
    const going = this.#going;
    while (this.#going === going && this.#paused === undefined && this.#connection !== undefined) {
      await this.#send('Debugger.pause').catch(() => undefined);
      await delay(INSIST_MS);
    }
  }

  #onEvent({ method, params }: CdpEvent): void {
    if (method === 'Debugger.scriptParsed') {
      const { scriptId, url } = params as Debugger.ScriptParsedEventDataType;
      this.#urls.set(scriptId, url);
    } else if (method === 'Debugger.paused') {
      const stop = params as Debugger.PausedEventDataType;
      this.#onPaused(stop).catch(() => this.#quietly(this.#going));
    }
  }

  async #onPaused(stop: Debugger.PausedEventDataType): Promise<void> {
    const source = this.#source ?? (await this.#begin(stop));
    if (source === undefined) {
      return;
    }
    const stack = new PausedStack(source, stop);
    const top = stop.callFrames[0];
    const isBreak = top !== undefined && this.#urls.get(top.location.scriptId) === BREAK_URL;
    const own = stack.own[0];
    if (own === undefined || !(isBreak || stack.onTop || stop.reason === 'OOM')) {
      this.#toScript(own !== undefined);
      return;
    }
    if (isBreak && top.location.columnNumber !== 0) {
      // The end of the break script: a step led here from its start.
      this.#quietly(this.#going);
      return;
    }
    const { place } = stack;
    this.#place = place && { file: this.#request.file, line: place.line, column: place.column };
    const isNew = isBreak || (stop.hitBreakpoints ?? []).length > 0;
    if (await this.#steps.isMidway(source, stack, this.#going, isNew)) {
      const into = this.#going.how === 'step' && this.#going.step === 'Debugger.stepInto';
      await this.#send(into ? 'Debugger.stepInto' : 'Debugger.stepOver');
      return;
    }
    this.#steps.shown(stack, isBreak);
    const paused = this.#pausedScript(stack);
    if (paused === undefined) {
      return;
    }
    const { state, scopes } = await paused.begin();
    const caught = isThrow(stop, state) && (await this.#isCaught(stop, stack));
    const thrown = exceptionOf(stop, state, caught);
    if (thrown !== undefined && !this.#breakpoints.wants(thrown.caught)) {
      this.#quietly(this.#going);
      return;
    }
    const plain = await this.#breakpoints.idsOf(stop.hitBreakpoints ?? []);
    const hits = [...plain, ...state.hits];
    const exception = thrown !== undefined;
    const named = this.#breakpoints.functionOf(hits);
    const why = reasonOf({ stop, state, hits, named, going: this.#going, exception });
    const shown = await this.#exception(paused, thrown);
    this.#paused = paused;
    this.#isOutermost = stack.isOutermost;
    this.#number++;
    const number = this.#number;
    const frames = stack.frames(state.reasons);
    const status = state.status === undefined ? {} : { status: state.status };
    this.#stops.fire({ number, ...why, ...shown, ...status, frames, scopes });
    // Ready before a person can ask for the first step.
    void this.#tree.parsed();
  }

  async #isCaught({ data }: Debugger.PausedEventDataType, stack: PausedStack): Promise<boolean> {
    const script = await this.#tree.parsed();
    const fate = script === undefined ? 'unknown' : fateOf(script, stack.calls());
    const predicted = (data as { readonly uncaught?: boolean } | undefined)?.uncaught === false;
    return fate === 'unknown' ? predicted : fate === 'caught';
  }

  #pausedScript(stack: PausedStack): PausedScript | undefined {
    const connection = this.#connection;
    if (connection === undefined) {
      return undefined;
    }
    this.#view ??= new AgentView(connection);
    const { hidden } = this.#breakpoints;
    return new PausedScript({ connection, view: this.#view, stack, agent: this.#agent, hidden });
  }

  async #exception(
    paused: PausedScript,
    thrown: ThrownValue | undefined,
  ): Promise<{ readonly exception?: DebugException }> {
    if (thrown === undefined) {
      return {};
    }
    const shown = 'text' in thrown ? thrown.text : await paused.show(thrown.value);
    return { exception: namedException(shown, thrown.caught) };
  }

  /**
   * The first stop, before the script's first statement unless a pause came first: its text is known
   * now, so breakpoints can be bound to real places.
   */
  async #begin(stop: Debugger.PausedEventDataType): Promise<ScriptSource | undefined> {
    const scriptId = [...this.#urls].find(([, url]) => url === scriptUrl(this.#request.file))?.[0];
    const top = stop.callFrames[0]?.location;
    if (scriptId === undefined || top?.scriptId !== scriptId) {
      await this.#send('Debugger.resume');
      return undefined;
    }
    const connection = this.#connection;
    if (connection === undefined) {
      return undefined;
    }
    const { scriptSource } = await connection.send<Debugger.GetScriptSourceReturnType>(
      'Debugger.getScriptSource',
      { scriptId },
    );
    const { inserts } = this.#breakpoints;
    const source = new ScriptSource(scriptId, scriptSource, this.#request.text, inserts);
    this.#source = source;
    await this.#send('Debugger.removeBreakpoint', { breakpointId: this.#entryId });
    const loaded = { connection, source, agent: this.#agent };
    this.#bound.fire(await this.#breakpoints.load(loaded));
    if (this.#stopOnEntry) {
      this.#going = { how: 'entry' };
      await this.#send('Debugger.setBreakpoint', { location: await this.#firstPlace(source) });
    }
    if (source.toUser(top) !== undefined) {
      return source;
    }
    await this.#send('Debugger.resume');
    if (this.#going.how === 'pause') {
      void this.#insist();
    }
    return undefined;
  }

  /** The first statement that runs: not in a function that stands above it. */
  async #firstPlace(source: ScriptSource): Promise<Debugger.Location | undefined> {
    // On the brace of the script's function: behind it a function of the user's may begin at once.
    const start = { scriptId: source.scriptId, lineNumber: 0, columnNumber: source.shift - 1 };
    const found = await this.#connection?.send<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      { start, restrictToFunction: true },
    );
    const first = found?.locations.find((location) => source.toUser(location) !== undefined);
    return first === undefined
      ? undefined
      : {
          scriptId: first.scriptId,
          lineNumber: first.lineNumber,
          columnNumber: first.columnNumber ?? 0,
        };
  }

  /**
   * Goes on from a stop outside of the script. A pause that was asked for takes effect where the script
   * itself runs again.
   */
  #toScript(isCalled: boolean): void {
    const { how } = this.#going;
    if (how !== 'pause' && how !== 'release') {
      this.#quietly(this.#going);
      return;
    }
    void this.#send(isCalled ? 'Debugger.stepInto' : 'Debugger.resume').catch(() => undefined);
  }

  /** Goes on as if nothing had been: this stop is none of the user's. */
  #quietly(going: Going): void {
    const method = going.how === 'step' ? going.step : 'Debugger.resume';
    void this.#send(method).catch(() => undefined);
  }

  async #send(method: string, params: object = {}): Promise<void> {
    await this.#connection?.send(method, params);
  }

  /** Calls a function of the agent in the thread; plain data comes back. */
  readonly #agent = async <T>(call: string): Promise<T> => {
    const answer = await this.#connection?.send<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      expression: `${AGENT}.${call}`,
      returnByValue: true,
      silent: true,
    });
    if (answer?.exceptionDetails !== undefined) {
      throw new Error(answer.exceptionDetails.exception?.description ?? 'the agent failed');
    }
    return answer?.result.value as T;
  };

  #onClose(): void {
    this.#connection = undefined;
    this.#paused = undefined;
    this.#ended.fire();
  }
}
