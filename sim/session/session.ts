// One run of one script: makes its machine when it is needed, gives the script its API, collects what
// comes out, and tells how it ended. Made once, run once.

import { hardwareOf } from '../explain/hardware.ts';
import { Inspector } from '../inspect/inspector.ts';
import { VirtualClock } from '../machine/clock.ts';
import type {
  OutputRecord,
  Place,
  RunRequest,
  RunResult,
  ScriptError,
  SessionStatus,
} from '../protocol/api.ts';
import type { InspectAnswer, InspectRequest } from '../protocol/inspect.ts';
import type { RunStopped } from '../script/api-error.ts';
import type { GuestOutcome } from '../script/guest-realm.ts';
import type { ScriptRealm, ScriptSite, TypeStripper } from '../script/realm.ts';
import type { PreparedScript } from '../script/script-text.ts';
import { prepareScript, unshift } from '../script/script-text.ts';
import { TextInserts } from '../script/text-inserts.ts';
import type { World } from '../script/world.ts';
import { Recorder } from '../trace/recorder.ts';
import type { SessionInfo } from '../trace/session-file.ts';
import { sessionFileText, writeSessionFile } from '../trace/session-file.ts';
import type { DebugAgent } from './debug-agent.ts';
import { GUEST_BREAK, GUEST_VIEW } from './debug-agent.ts';
import { SeededRandom } from './random.ts';
import { RunOutput } from './run-output.ts';
import { ScriptGlobals } from './script-globals.ts';
import type { TraceOutlet } from './trace-feed.ts';
import { TraceFeed } from './trace-feed.ts';

/** What a session needs of its host. */
export interface SessionOptions {
  readonly request: RunRequest;
  readonly realm: ScriptRealm;
  readonly stripTypes: TypeStripper;
  /** Words of run-control.ts; without them nothing can stop the script from outside. */
  readonly control?: Int32Array;
  /** Serves a debugger, when one is attached. */
  readonly debug?: DebugAgent | undefined;
  /** Where the trace goes while it is made, when another thread shows it. */
  readonly trace?: TraceOutlet | undefined;
  /** Fulfilled when all pending promise reactions have run. */
  readonly nextTurn: () => Promise<void>;
  readonly onOutput: (record: OutputRecord) => void;
  readonly onStatus: (status: SessionStatus) => void;
}

/** Newest trace records that are kept, in chunks of 1 MiB. */
const TRACE_CHUNKS = 640;
const DEFAULT_SEED = 1;

/** A run. */
export class Session {
  readonly #options: SessionOptions;
  readonly #clock = new VirtualClock();
  readonly #recorder: Recorder;
  readonly #output: RunOutput;
  readonly #globals: ScriptGlobals;
  readonly #seed: number;
  readonly #inserts: TextInserts;
  #feed: TraceFeed | undefined;
  #shift = 0;
  #inspector: Inspector | undefined;
  #result: RunResult | undefined;
  #rejection: { thrown: unknown } | undefined;

  constructor(options: SessionOptions) {
    const { request, realm } = options;
    this.#options = options;
    this.#seed = request.seed ?? DEFAULT_SEED;
    const limits = {
      enabled: request.record !== false,
      omit: request.omit,
      chunks: TRACE_CHUNKS,
      allocate: options.trace?.allocate,
    };
    this.#recorder =
      options.debug?.recorder(this.#clock, limits) ?? new Recorder(this.#clock, limits);
    this.#inserts = new TextInserts(options.debug?.preparation.inserts ?? []);
    this.#output = new RunOutput({
      file: request.file,
      clock: this.#clock,
      recorder: this.#recorder,
      emit: options.onOutput,
      hardware: () => hardwareOf(this.#globals.configuration),
    });
    this.#globals = new ScriptGlobals({
      realm,
      clock: this.#clock,
      recorder: this.#recorder,
      output: this.#output,
      profile: request.profile ?? 'seed18',
      timeLimit: request.timeLimit,
      control: options.control,
      failNth: request.failNth,
      slip: request.slip,
      onStatus: options.onStatus,
      pulse: this.#openFeed(options),
      placeOf: (site) => this.#placeOf(site),
      file: request.file,
    });
  }

  /** Runs the script to its end; the result is also the last record of the output. */
  async run(): Promise<RunResult> {
    const { request, realm, stripTypes } = this.#options;
    const random = new SeededRandom(this.#seed);
    const sourceName = realm.open(request.file, {
      now: () => Math.floor(this.#clock.now / 1e6),
      random: () => random.next(),
      ownBytes: () => this.#globals.hostBytes,
    });
    const globals = new Map(this.#globals.bind());
    this.#openDebug(globals);
    const text = this.#inserts.apply(request.text);
    const prepared = prepareScript(text, new Set(globals.keys()), stripTypes);
    const error = prepared.ok
      ? await this.#execute(prepared.script, globals, sourceName)
      : this.#syntaxError(prepared.fault);
    this.#globals.close();
    const result = this.#resultOf(error);
    this.#result = result;
    this.#feed?.publish(true);
    this.#options.onOutput(result);
    return result;
  }

  /** The machine, once the script needed one. */
  get world(): World | undefined {
    return this.#globals.inside.world();
  }

  /** A promise of the script was rejected and nobody handled it. */
  noteRejection(thrown: unknown): void {
    this.#rejection ??= { thrown };
  }

  /** The session file. The same script, seed and configuration give the same text. */
  traceText(): string {
    return sessionFileText(this.#info(), this.#recorder);
  }

  /** The session file in pieces, for sessions of any size. */
  tracePieces(): Iterable<Uint8Array> {
    return writeSessionFile(this.#info(), this.#recorder);
  }

  /** What is needed to run the session again, and how it ended. */
  #info(): SessionInfo {
    const { request } = this.#options;
    const { error, ...result } = this.#result ?? {};
    return {
      file: request.file,
      script: request.text,
      profile: this.#globals.profile,
      seed: this.#seed,
      ...(request.timeLimit === undefined ? {} : { timeLimit: request.timeLimit }),
      ...(request.failNth === undefined ? {} : { failNth: request.failNth }),
      ...(this.#recorder.omitted.length === 0 ? {} : { omitted: this.#recorder.omitted }),
      machine: this.#globals.configuration,
      ...(this.#result === undefined
        ? {}
        : {
            result: { ...result, ...(error === undefined ? {} : { error: plainError(error) }) },
          }),
    };
  }

  /** Looks at the hardware: while the script runs at its own pauses, afterwards at its end. */
  inspect(request: InspectRequest): InspectAnswer {
    this.#inspector ??= new Inspector(
      this.#recorder,
      hardwareOf(this.#globals.configuration),
      this.#options.request.file,
    );
    return this.#inspector.answer(request);
  }

  /** Feeds the trace to whoever shows it; under a debugger after every call, since any may be the last. */
  #openFeed({ trace, debug }: SessionOptions): (() => void) | undefined {
    const feed =
      trace === undefined ? undefined : new TraceFeed(trace, this.#recorder, () => this.#info());
    this.#feed = feed;
    if (feed === undefined) {
      return undefined;
    }
    this.#recorder.onChunk = () => feed.publish();
    return debug === undefined ? () => feed.pulse() : () => feed.publish();
  }

  async #execute(
    { source, parameters, shift }: PreparedScript,
    globals: ReadonlyMap<string, unknown>,
    sourceName: string,
  ): Promise<ScriptError | undefined> {
    const { guest } = this.#options.realm;
    this.#shift = shift;
    const evaluated = guest.evaluate(`${source}\n${sourceName}`, [...globals]);
    if (!evaluated.ok) {
      return this.#errorOf(evaluated.error);
    }
    const ended: { outcome?: GuestOutcome } = {};
    const values = parameters.map((name) => globals.get(name));
    guest.start(evaluated.value, values, (outcome) => {
      ended.outcome = outcome;
    });
    await this.#options.nextTurn();
    const { outcome } = ended;
    if (outcome?.ok === false) {
      return this.#errorOf(outcome.error);
    }
    if (this.#rejection !== undefined) {
      return this.#errorOf(this.#rejection.thrown);
    }
    if (outcome === undefined) {
      const message = 'the script awaits a promise that nothing can settle any more';
      return { name: 'Error', message, stack: [] };
    }
    this.#globals.settle();
    this.#globals.reportLeaks();
    return undefined;
  }

  /** Gives the debugger its functions in the script's realm; the script's own text cannot clash. */
  #openDebug(globals: Map<string, unknown>): void {
    const { debug, realm } = this.#options;
    if (debug !== undefined) {
      const { view, check } = debug.open({
        guest: realm.guest,
        ...this.#globals.inside,
        inspect: (request) => this.inspect(request),
        print: (text) => this.#output.log({ level: 6, text }),
      });
      globals.set(GUEST_VIEW, view).set(GUEST_BREAK, check);
    }
  }

  #resultOf(error: ScriptError | undefined): RunResult {
    const { internalError, stopped, dmas, events, allocations } = this.#globals;
    const { unexpected } = events;
    const exit =
      internalError !== undefined
        ? 70
        : stopped !== undefined
          ? stopped.exit
          : error !== undefined
            ? 1
            : unexpected > 0
              ? 3
              : 0;
    return {
      type: 'result',
      ok: exit === 0,
      exit,
      events: events.drained.length,
      dmas,
      ...(this.#options.request.failNth === undefined ? {} : { allocations }),
      ...(error === undefined ? {} : { error: this.#explained(error, internalError, stopped) }),
    };
  }

  #explained(
    error: ScriptError,
    internal: Error | undefined,
    stopped: RunStopped | undefined,
  ): ScriptError {
    if (internal !== undefined) {
      return { ...error, name: 'InternalError', message: internal.stack ?? internal.message };
    }
    return stopped === undefined ? error : { ...error, name: 'Stopped', message: stopped.message };
  }

  #syntaxError(fault: { message: string; line: number; column: number }): ScriptError {
    const place = this.#place(this.#inserts.original(fault));
    return { name: 'SyntaxError', message: fault.message, place, stack: [place] };
  }

  #errorOf(thrown: unknown): ScriptError {
    const { guest, sitesIn } = this.#options.realm;
    const { name, message, stack } = guest.describe(thrown);
    const places = sitesIn(stack).map((site) => this.#placeOf(site));
    const place = places[0];
    return { name, message, ...(place === undefined ? {} : { place }), stack: places };
  }

  #placeOf(site: ScriptSite): Place {
    return this.#place(this.#inserts.original(unshift(site, this.#shift)));
  }

  #place({ line, column }: ScriptSite): Place {
    return { file: this.#options.request.file, line, column };
  }
}

function plainError({ name, message, place, stack }: ScriptError) {
  return {
    name,
    message,
    ...(place === undefined ? {} : { place: { ...place } }),
    stack: stack.map((one) => ({ ...one })),
  };
}
