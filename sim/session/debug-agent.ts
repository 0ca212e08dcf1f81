// The debugger's hand inside a session's thread. It stops the script when the simulator does something
// that was asked for, counts hits of breakpoints, and shows the values of a script that stands still.
// The host reaches it by evaluation, since no message arrives while the script is paused.

import { fromPlainText, plainText } from '../base/plain-text.ts';
import type { ArmSmmuDomain } from '../kernel/arm-smmu-v3/domain.ts';
import type { SessionStatus } from '../protocol/api.ts';
import type {
  DebugPreparation,
  DebugVariable,
  HardwareStep,
  WatchRequest,
} from '../protocol/debug.ts';
import type { InspectAnswer, InspectRequest } from '../protocol/inspect.ts';
import type { GuestRealm } from '../script/guest-realm.ts';
import type { HandleTable } from '../script/handles.ts';
import type { World } from '../script/world.ts';
import { K } from '../trace/kinds.ts';
import { causeChain } from '../trace/reader.ts';
import type { RecorderOptions, TimeSource } from '../trace/recorder.ts';
import { HitTable } from './debug-hits.ts';
import { kernelView, knownView } from './debug-kernel-views.ts';
import { listMappings } from './debug-mappings.ts';
import { WatchedRecorder } from './debug-recorder.ts';
import type { KernelView } from './debug-values.ts';
import { ValueTable } from './debug-values.ts';
import type { StopCause } from './debug-watch.ts';
import { DebugWatch } from './debug-watch.ts';

/** What the platform does for the debugger. */
export interface DebugPlatform {
  /** Stops here, with the script's frames on the stack, if a debugger is attached. */
  breakNow(): void;
  isProxy(value: object): boolean;
  /** Sends what was printed: a thread that stands still sends nothing by itself. */
  flush(): void;
}

/** What a session tells its agent. */
export interface DebuggedSession {
  readonly guest: GuestRealm;
  readonly handles: HandleTable;
  /** The machine, if the script has needed one yet. */
  world(): World | undefined;
  /** Prints a line for the user. */
  print(text: string): void;
  /** Figures as they are now. */
  status(): SessionStatus;
  inspect(request: InspectRequest): InspectAnswer;
}

/** What the host asks while the script stands still, and how it is answered: plain data. */
export interface PausedState {
  readonly status: SessionStatus | undefined;
  /** Why the agent stopped the script, if it did. */
  readonly cause?: StopCause;
  /** Ids of the breakpoints with a condition that just let the script stop. */
  readonly hits: readonly number[];
  /** Why the simulator called the script, for each place where it did, innermost first. */
  readonly reasons: readonly string[];
}

/** A scope of the script: a number by which its parts are asked for, and its variables. */
export interface ScopeView {
  readonly reference: number;
  readonly variables: readonly DebugVariable[];
}

/** A pause begins: its state, and the scopes that were handed in. */
export interface PausedAnswer {
  readonly state: PausedState;
  readonly scopes: readonly ScopeView[];
}

/** Names of the agent's functions in the realm of the script and in the simulator's. */
export const GUEST_VIEW = 'substream_view';
export const GUEST_BREAK = 'substream_break';
export const AGENT = 'substream_agent';

/** Serves one debugged session. */
export class DebugAgent {
  readonly preparation: DebugPreparation;
  readonly #platform: DebugPlatform;
  readonly #values: ValueTable;
  readonly #hits: HitTable;
  #recorder: WatchedRecorder | undefined;
  #watch: DebugWatch | undefined;
  #session: DebuggedSession | undefined;

  constructor(preparation: DebugPreparation, platform: DebugPlatform) {
    this.preparation = preparation;
    this.#platform = platform;
    this.#hits = new HitTable((text) => this.#session?.print(text));
    this.#values = new ValueTable({
      isProxy: (value) => platform.isProxy(value),
      kernelView: (value) => this.#kernelView(value),
    });
  }

  /** The recorder that the session must use. */
  recorder(time: TimeSource, options: RecorderOptions): WatchedRecorder {
    this.#recorder ??= new WatchedRecorder(time, options);
    return this.#recorder;
  }

  /** Takes up its work, before the script starts; returns functions for the script's realm, by name. */
  open(session: DebuggedSession): { readonly view: object; readonly check: object } {
    this.#session = session;
    const { guest } = session;
    if (this.#recorder !== undefined) {
      this.#watch = new DebugWatch({
        recorder: this.#recorder,
        world: () => session.world(),
        stop: () => this.#platform.breakNow(),
      });
      this.#watch.set(this.preparation.watch);
    }
    return {
      view: guest.defineFunction(GUEST_VIEW, ([operation, ...args]) =>
        this.#answer(String(operation), args),
      ),
      check: guest.defineFunction(GUEST_BREAK, ([id, hit, condition, log]) =>
        this.#hits.check(
          { id: Number(id), hit: String(hit) },
          condition === undefined ? undefined : () => this.#call(condition),
          log === undefined ? undefined : () => this.#call(log),
        ),
      ),
    };
  }

  /** Replaces what the simulator is watched for; answers what is wrong with it, by breakpoint id. */
  watch(request: WatchRequest): Readonly<Record<number, string>> {
    return this.#watch?.set(request) ?? {};
  }

  /** Breakpoints compiled into the text that must not stop any more. */
  retire(ids: readonly number[]): void {
    this.#hits.retire(ids);
  }

  /** Stops once more, when the SMMU has done one more thing; asked again, it waits anew. */
  watchOnce(unit: HardwareStep): void {
    this.#watch?.once(unit === 'command' ? K.command : K.fetch);
  }

  /** Starts a pause: references of the one before are void. */
  #paused(scopes: readonly unknown[]): PausedAnswer {
    const state = this.#stateNow();
    return { state, scopes: scopes.map((scope) => this.#scope(scope as object)) };
  }

  #stateNow(): PausedState {
    this.#values.clear();
    this.#watch?.endSingle();
    this.#platform.flush();
    const cause = this.#watch?.takeCause();
    return {
      status: this.#session?.status(),
      hits: this.#hits.take(),
      reasons: this.#reasons(),
      ...(cause === undefined ? {} : { cause }),
    };
  }

  /** The parts of an object that was shown since the script stands still. */
  parts(reference: number): readonly DebugVariable[] {
    return this.#values.parts(reference);
  }

  /** Looks at the hardware; request and answer as plain text. */
  inspect(request: string): string | undefined {
    const answer = this.#session?.inspect(fromPlainText(request) as InspectRequest);
    return answer === undefined ? undefined : plainText(answer);
  }

  /** From the script's realm: objects arrive as they are, the answer is text. */
  #answer(operation: string, args: readonly unknown[]): string | undefined {
    const [first, second, third] = args;
    switch (operation) {
      case 'paused':
        return JSON.stringify(this.#paused(args));
      case 'scope':
        return JSON.stringify(this.#scope(first as object));
      case 'value':
        return JSON.stringify(this.#values.show('', first, false));
      case 'set':
        return this.#set(Number(first), String(second), third);
      default:
        return undefined;
    }
  }

  #scope(scope: object): ScopeView {
    const variables = this.#values.properties(scope);
    return {
      reference: this.#values.referenceTo(scope),
      variables: variables.map((variable) => ({ ...variable, writable: true })),
    };
  }

  #set(reference: number, name: string, value: unknown): string | undefined {
    const holder = this.#values.holder(reference);
    const done = holder !== undefined && Reflect.set(holder, name, value);
    return done ? JSON.stringify(this.#values.show(name, value, true)) : undefined;
  }

  #call(fn: unknown): { ok: true; value: unknown } | { ok: false; error: string } {
    const guest = this.#session?.guest;
    const outcome = guest?.call(fn, []);
    if (guest === undefined || outcome === undefined) {
      return { ok: false, error: 'the session is not open' };
    }
    if (outcome.ok) {
      return outcome;
    }
    const { name, message } = guest.describe(outcome.error);
    return { ok: false, error: `${name}: ${message}` };
  }

  /** A handle of the script's, or an object of the kernel that a view leads to. */
  #kernelView(value: object): KernelView | undefined {
    const known = this.#session?.handles.resolve(value);
    const world = this.#session?.world();
    const around = {
      kernel: world?.kernel,
      mappings: (domain: ArmSmmuDomain) =>
        world === undefined ? [] : listMappings(domain, world.machine.memory),
    };
    return known === undefined
      ? knownView(value, around)
      : kernelView(known.host, known.kind, around);
  }

  /**
   * Follows the causes outward. Between two calls of the script stands what led from one to the other:
   * an interrupt's thread, deferred work, or the function of the API itself.
   */
  #reasons(): readonly string[] {
    const recorder = this.#recorder;
    const reasons: string[] = [];
    let inner: string | undefined;
    for (const { kind, data } of recorder === undefined
      ? []
      : causeChain(recorder, recorder.cause)) {
      const fn = kind === 'call' ? String(data['fn']) : '';
      if (kind === 'call' && Number(data['line']) > 0) {
        reasons.push(inner ?? fn);
        inner = undefined;
      } else if (fn.startsWith('irq/')) {
        inner = `irq ${fn.slice(4).replace('-', ': ')}`;
      } else if (fn === 'handle_irq_event') {
        inner = `irq ${String(data['args']).replace(',', ':')}`;
      } else if (fn !== '') {
        inner ??= fn;
      }
    }
    return reasons;
  }
}
