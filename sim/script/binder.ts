// Turns functions of the kernel and the machine into functions of the script's realm. Each call is
// recorded with the place it came from, and becomes the cause of everything that happens below it.

import type { ApiType } from '../kernel/api-table.ts';
import { K } from '../trace/kinds.ts';
import type { Recorder } from '../trace/recorder.ts';
import { ApiError } from './api-error.ts';
import type { Crossing } from './crossing.ts';
import type { HostFunction } from './guest-realm.ts';
import type { ScriptRealm, ScriptSite } from './realm.ts';
import { showArgument } from './show.ts';
import type { Signature } from './signature.ts';
import type { Twins } from './twins.ts';

/** Different argument texts that one session keeps; later calls are recorded without theirs. */
const MOST_TEXTS = 2 ** 16;

/** The session around the calls. */
export interface CallEnvironment {
  readonly recorder: Recorder;
  /**
   * Before each call, with its place in the text that runs; answers with the place in the text that was
   * typed. @throws RunStopped when the script must end
   */
  enter(site: ScriptSite | undefined): ScriptSite | undefined;
  /** Runs the body of a call: once, unless a rehearsal slips here. */
  slip(name: string, body: () => unknown): unknown;
  /** After the body of an outermost call: interrupts and deferred work run. */
  settle(): void;
  /** What the script is told when a function threw: the same error, or one in its place. */
  failed(error: unknown): unknown;
}

/** Functions whose ref receives a dma_addr_t. */
const WIDE_REFS = new Set(['dma_alloc_coherent', 'dma_alloc_coherent_pasid']);

function markRefs(args: readonly unknown[], { parameters }: Signature, twins: Twins): void {
  for (const [index, { type }] of parameters.entries()) {
    const arg = args[index];
    if (type === 'ref' && typeof arg === 'object' && arg !== null) {
      twins.markWide(arg);
    }
  }
}

/** A structure that the script built wrongly shows as a TypeError deep in the kernel: say whose it is. */
function structureFault(error: unknown, { name, parameters }: Signature): unknown {
  const takes = parameters.some(({ type }) => type.startsWith('object') || type === 'any');
  if (!takes || !(error instanceof TypeError)) {
    return error;
  }
  return new ApiError(
    'TypeError',
    `${name}: a structure given to it does not fit: ${error.message}`,
  );
}

/** What a bound function does: gets converted arguments and, as a method, its kernel object. */
export type Body = (args: unknown[], self: unknown) => unknown;

/** How a function is bound. */
export interface BindOptions {
  /** Kind of handle that `self` must be; only for methods. */
  readonly kind?: string;
  /** The signature of the moment; throws when the profile does not have the function. */
  readonly shape?: () => Signature;
  /** The accesses below tell the arguments: no text for each call. */
  readonly quiet?: boolean;
}

/** Binds functions of one session. */
export class Binder {
  readonly #realm: ScriptRealm;
  readonly #crossing: Crossing;
  readonly #environment: CallEnvironment;
  readonly #texts = new Set<string>();
  #depth = 0;

  constructor(realm: ScriptRealm, crossing: Crossing, environment: CallEnvironment) {
    this.#realm = realm;
    this.#crossing = crossing;
    this.#environment = environment;
  }

  /** A global function of the script. */
  bind(signature: Signature, body: Body, options: BindOptions = {}): object {
    const below: { fn?: object } = {};
    const call = this.#hostFunction(signature, body, options, () => below.fn);
    const fn = this.#realm.guest.defineFunction(signature.name, call);
    below.fn = fn;
    return fn;
  }

  /** Methods of a kind of handle, for {@link HandleTable.define}. */
  methods(
    kind: string,
    table: readonly (readonly [Signature, Body, BindOptions?])[],
  ): Record<string, HostFunction> {
    const { handles } = this.#crossing;
    return Object.fromEntries(
      table.map(([signature, body, options]) => [
        signature.name,
        this.#hostFunction(signature, body, { ...options, kind }, () =>
          handles.method(kind, signature.name),
        ),
      ]),
    );
  }

  #hostFunction(
    first: Signature,
    body: Body,
    options: BindOptions,
    below: () => object | undefined,
  ): HostFunction {
    const { recorder } = this.#environment;
    const name = recorder.intern(first.name);
    return (args, self) => {
      const saved = recorder.cause;
      const { twins } = this.#crossing;
      const mark = twins.mark;
      this.#depth++;
      try {
        const fn = below();
        const site = fn === undefined ? undefined : this.#realm.siteBelow(fn);
        const place = this.#environment.enter(site);
        const text = options.quiet === true ? 0 : this.#argumentText(args, first);
        recorder.cause = recorder.emit(K.call, name, text, place?.line ?? 0, place?.column ?? 0);
        const signature = options.shape?.() ?? first;
        const object = options.kind === undefined ? undefined : this.#self(self, options.kind);
        const converted = this.#crossing.argumentsToHost(signature, args);
        if (WIDE_REFS.has(signature.name)) {
          markRefs(converted, signature, twins);
        }
        const result = this.#environment.slip(signature.name, () => body(converted, object));
        if (this.#depth === 1) {
          this.#environment.settle();
        }
        return this.#answer(result, signature.returns);
      } catch (error) {
        throw this.#thrown(this.#environment.failed(structureFault(error, first)));
      } finally {
        this.#depth--;
        twins.copyBack(mark);
        recorder.cause = saved;
      }
    };
  }

  #thrown(error: unknown): unknown {
    const { recorder } = this.#environment;
    if (recorder.enabled && error instanceof Error) {
      recorder.emit(K.return, recorder.intern(`threw: ${error.message}`));
    }
    return error;
  }

  #argumentText(args: readonly unknown[], { parameters }: Signature): number {
    const { handles } = this.#crossing;
    const text = args
      .map((value, index) => {
        const type: ApiType = (parameters[index] ?? parameters.at(-1))?.type ?? 'any';
        return showArgument(value, type, handles);
      })
      .join(', ');
    if (!this.#texts.has(text)) {
      if (this.#texts.size >= MOST_TEXTS) {
        return 0;
      }
      this.#texts.add(text);
    }
    return this.#environment.recorder.intern(text);
  }

  #answer(result: unknown, returns: ApiType): unknown {
    const { recorder } = this.#environment;
    const value = this.#crossing.toGuest(result, returns);
    if (recorder.enabled) {
      recorder.emit(K.return, recorder.intern(this.#answerText(value, returns)));
    }
    return value;
  }

  /** As text: results of accesses by how they ended, nothing for void. */
  #answerText(value: unknown, returns: ApiType): string {
    if (returns === 'void') {
      return '';
    }
    if (typeof value === 'object' && value !== null && 'ok' in value) {
      return value.ok === true ? 'ok' : 'failed';
    }
    return showArgument(value, returns, this.#crossing.handles);
  }

  #self(self: unknown, kind: string): object {
    const known =
      typeof self === 'object' && self !== null ? this.#crossing.handles.resolve(self) : undefined;
    if (known?.kind !== kind) {
      throw new TypeError(`this method needs its ${kind}`);
    }
    return known.host;
  }
}
