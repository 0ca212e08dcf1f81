// The two sides of the wall: what the host offers to the script's realm, and the trusted functions of
// that realm which the host may call. sim/host/guest.ts implements the latter inside the realm.

/** What the host offers to the prelude. */
export interface PreludeHooks {
  /** Answers whether the script may have `bytes` more in ArrayBuffers. */
  allowBytes(bytes: number): boolean;
}

/** What the host offers to the trusted functions. */
export interface GuestHooks {
  /** Virtual time, milliseconds. */
  now(): number;
  /** The next number of the seeded sequence, 0 <= x < 1. */
  random(): number;
}

/** A function of the host as the realm calls it: answers primitives and objects of the realm only. */
export type HostFunction = (args: readonly unknown[], self?: unknown) => unknown;

/** What a thrown value told about itself. `stack` has one frame a line. */
export interface ThrownText {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Outcome of calling into the script. */
export type GuestOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** The trusted functions of the realm, for the host. */
export interface GuestRealm {
  /** A frozen function of the realm that calls `host`. */
  defineFunction(name: string, host: HostFunction): object;
  /** The shared prototype of one kind of handle; methods and getters get the handle as `self`. */
  defineKind(
    name: string,
    methods: Readonly<Record<string, HostFunction>>,
    getters: Readonly<Record<string, HostFunction>>,
  ): object;
  /** A method of a prototype, for stack captures. */
  methodOf(prototype: object, name: string): object;
  /** A frozen object of `prototype`; `fields` are primitives or objects of the realm. */
  makeHandle(prototype: object, fields: Readonly<Record<string, unknown>>): object;
  makeArray(items: readonly unknown[]): object;
  makeObject(entries: readonly (readonly [string, unknown])[]): object;
  makeBytes(length: number): Uint8Array;
  makeError(kind: string, message: string): object;
  /** Calls a function of the script and catches what it throws. */
  call(fn: unknown, args: readonly unknown[]): GuestOutcome;
  describe(thrown: unknown): ThrownText;
  isError(value: unknown): boolean;
  /** Compiles `source`, an expression that gives `(...values) => async () => result`. */
  evaluate(source: string, globals: readonly (readonly [string, unknown])[]): GuestOutcome;
  /** Runs what {@link evaluate} gave to its end; `done` gets the thrown value, if any. */
  start(factory: unknown, values: readonly unknown[], done: (outcome: GuestOutcome) => void): void;
}
