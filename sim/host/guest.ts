// Runs inside the script's realm after lockdown: the compartment and the trusted functions around it.
// The file's text is compiled in that realm, so it may import nothing but types. Strings from the host
// are safe; host objects and errors never pass to the script.

import type {
  GuestHooks,
  GuestOutcome,
  GuestRealm,
  HostFunction,
  ThrownText,
} from '../script/guest-realm.ts';

interface Compartment {
  globalThis: Record<string, unknown>;
  evaluate(source: string): unknown;
}

/** What SES leaves in the realm's own global scope. */
interface LockedRealm {
  harden<T>(value: T): T;
  getStackString(error: unknown): string;
  Compartment: new () => Compartment;
}

const { harden, getStackString, Compartment } = globalThis as unknown as LockedRealm;
const { ownKeys, getOwnPropertyDescriptor, defineProperty } = Reflect;
const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
};

/** Behind the globals: SES would read an undeclared name as undefined, and a typing error would pass. */
const UNDECLARED = new Proxy(Object.create(null), {
  has: (_, key) => typeof key === 'string',
  get: (_, key) => undeclared(key),
  set: (_, key) => undeclared(key) === undefined,
});

function undeclared(key: string | symbol): undefined {
  if (typeof key === 'string') {
    throw new ReferenceError(`${key} is not defined`);
  }
  return undefined;
}

/** Makes the trusted functions. */
export function guestRealm(hooks: GuestHooks): GuestRealm {
  const fixed: readonly (readonly [string, unknown])[] = [
    ['Date', virtualDate(hooks)],
    ['Math', seededMath(hooks)],
    // SES leaves these out of compartments: their NaNs could tell of the engine. They are no way out.
    ['Float32Array', harden(Float32Array)],
    ['Float64Array', harden(Float64Array)],
    ['ref', harden((value: unknown) => Object.seal({ value }))],
  ];
  return {
    defineFunction,
    defineKind,
    methodOf: (prototype, name) => (prototype as Record<string, object>)[name] as object,
    makeHandle,
    makeArray,
    makeObject,
    makeBytes: (length) => new Uint8Array(length),
    makeError,
    call,
    describe,
    isError,
    evaluate: (source, globals) => evaluate(source, [...fixed, ...globals]),
    start,
  };
}

function makeError(kind: string, message: string): Error {
  return new (ERRORS[kind] ?? Error)(message);
}

/** True for an Error of this realm: its prototypes lead to this realm's Error.prototype. */
function isError(value: unknown): boolean {
  return value instanceof Error;
}

/** What a host function threw becomes an error of this realm, or the script's own thrown value. */
function translate(thrown: unknown): unknown {
  const { guest, kind, message } = thrown as Record<string, unknown>;
  if (guest !== undefined) {
    return (guest as { thrown: unknown }).thrown;
  }
  return makeError(String(kind ?? 'Error'), String(message));
}

function defineFunction(name: string, host: HostFunction): object {
  const holder = {
    [name](...args: unknown[]): unknown {
      try {
        return host(args);
      } catch (thrown) {
        throw translate(thrown);
      }
    },
  };
  return harden(holder[name] as object);
}

function defineMethod(name: string, host: HostFunction): () => unknown {
  const holder = {
    [name](this: unknown, ...args: unknown[]): unknown {
      try {
        return host(args, this);
      } catch (thrown) {
        throw translate(thrown);
      }
    },
  };
  return holder[name] as () => unknown;
}

function defineKind(
  name: string,
  methods: Readonly<Record<string, HostFunction>>,
  getters: Readonly<Record<string, HostFunction>>,
): object {
  const prototype = {};
  for (const key of Object.keys(methods)) {
    defineProperty(prototype, key, { value: defineMethod(key, methods[key] as HostFunction) });
  }
  for (const key of Object.keys(getters)) {
    const get = defineMethod(key, getters[key] as HostFunction);
    defineProperty(prototype, key, { get, enumerable: true });
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name });
  return harden(prototype);
}

function makeHandle(prototype: object, fields: Readonly<Record<string, unknown>>): object {
  const handle = Object.create(prototype);
  for (const key of Object.keys(fields)) {
    defineProperty(handle, key, { value: fields[key], enumerable: true });
  }
  return Object.freeze(handle);
}

function makeArray(items: readonly unknown[]): object {
  const array: unknown[] = [];
  for (let index = 0; index < items.length; index++) {
    array[index] = items[index];
  }
  return array;
}

function makeObject(entries: readonly (readonly [string, unknown])[]): object {
  const object: Record<string, unknown> = {};
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as readonly [string, unknown];
    const key = entry[0];
    // An inherited name (a frozen one, a setter) must be defined; any other is set, which is quicker.
    if (key in object) {
      const value = entry[1];
      defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    } else {
      object[key] = entry[1];
    }
  }
  return object;
}

function call(fn: unknown, args: readonly unknown[]): GuestOutcome {
  try {
    const own: unknown[] = [];
    for (let index = 0; index < args.length; index++) {
      own[index] = args[index];
    }
    return { ok: true, value: Reflect.apply(fn as () => unknown, undefined, own) };
  } catch (error) {
    return { ok: false, error };
  }
}

function describe(thrown: unknown): ThrownText {
  try {
    if (isError(thrown)) {
      const { name, message } = thrown as Error;
      return { name: `${name}`, message: `${message}`, stack: `${getStackString(thrown)}` };
    }
    const text = typeof thrown === 'string' ? thrown : String(thrown);
    return { name: 'Error', message: `the script threw ${text}`, stack: '' };
  } catch {
    return { name: 'Error', message: 'the script threw a value without a text', stack: '' };
  }
}

function virtualDate(hooks: GuestHooks): unknown {
  const Native = Date;
  const replacement = function (this: unknown, ...args: unknown[]): unknown {
    const made = args.length === 0 ? new Native(hooks.now()) : Reflect.construct(Native, args);
    return new.target === undefined ? `${new Native(hooks.now())}` : made;
  };
  Object.defineProperties(replacement, {
    name: { value: 'Date' },
    prototype: { value: Native.prototype, writable: false },
    now: { value: () => hooks.now() },
    parse: { value: Native.parse },
    UTC: { value: Native.UTC },
  });
  return harden(replacement);
}

function seededMath(hooks: GuestHooks): unknown {
  const math: Record<string | symbol, unknown> = {};
  for (const key of ownKeys(Math).filter((own) => own !== 'random')) {
    defineProperty(math, key, getOwnPropertyDescriptor(Math, key) as PropertyDescriptor);
  }
  defineProperty(math, 'random', { value: () => hooks.random(), enumerable: false });
  return harden(math);
}

function evaluate(source: string, globals: readonly (readonly [string, unknown])[]): GuestOutcome {
  try {
    const compartment = new Compartment();
    Object.setPrototypeOf(compartment.globalThis, UNDECLARED);
    for (const [key, value] of globals) {
      defineProperty(compartment.globalThis, key, { value, enumerable: true });
    }
    return { ok: true, value: compartment.evaluate(source) };
  } catch (error) {
    return { ok: false, error };
  }
}

function start(
  factory: unknown,
  values: readonly unknown[],
  done: (outcome: GuestOutcome) => void,
): void {
  const made = call(factory, values);
  if (!made.ok) {
    done(made);
    return;
  }
  const running = (made.value as () => Promise<unknown>)();
  running.then(
    () => done({ ok: true, value: undefined }),
    (error) => done({ ok: false, error }),
  );
}
