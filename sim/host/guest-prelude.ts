// Runs inside the script's realm before it is locked down: removes what has no place there and caps the
// bytes in ArrayBuffers, which no heap limit counts. The file's text is compiled in that realm, so it
// may import nothing but types.

import type { PreludeHooks } from '../script/guest-realm.ts';

type Table = Record<string, unknown>;

const { apply, construct, defineProperty, getPrototypeOf, setPrototypeOf, ownKeys } = Reflect;
const { getOwnPropertyDescriptor } = Object;
const { isView } = ArrayBuffer;
const toArray = Array.from;
const NativeBuffer = ArrayBuffer;
const NativeRangeError = RangeError;
const NativeTypeError = TypeError;
const realm = globalThis as unknown as Table;
/** Most elements that one call may ask for: the engine fills longer arrays without ever looking up. */
const MOST_ELEMENTS = 2 ** 25;
/** Bytes between two questions to the host. */
const STEP = 2 ** 24;
const NO_PLACE_HERE = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'Intl'];
const TYPED_ARRAYS: readonly (readonly [string, number])[] = [
  ['Int8Array', 1],
  ['Uint8Array', 1],
  ['Uint8ClampedArray', 1],
  ['Int16Array', 2],
  ['Uint16Array', 2],
  ['Int32Array', 4],
  ['Uint32Array', 4],
  ['Float32Array', 4],
  ['Float64Array', 8],
  ['BigInt64Array', 8],
  ['BigUint64Array', 8],
];
let sinceAsked = 0;
let allowBytes: PreludeHooks['allowBytes'] = () => false;

/** Prepares the realm for lockdown. */
export function guestPrelude(hooks: PreludeHooks): void {
  allowBytes = hooks.allowBytes;
  for (const name of NO_PLACE_HERE) {
    delete realm[name];
  }
  capArrays();
  cap('ArrayBuffer', bufferBytes);
  for (const [name, size] of TYPED_ARRAYS) {
    cap(name, (args) => arrayBytes(args, size));
  }
  const arrays = getPrototypeOf(Uint8Array.prototype) as object as Table;
  const bytesOf = getOwnPropertyDescriptor(arrays, 'byteLength')?.get as () => number;
  for (const name of ['toReversed', 'toSorted', 'with']) {
    capMethod(arrays, name, (self) => apply(bytesOf, self, []));
  }
  for (const name of ['transfer', 'transferToFixedLength']) {
    const buffers = NativeBuffer.prototype as object as Table;
    capMethod(buffers, name, (_, args) => Number(args[0] ?? 0) || 0);
  }
}

/** Arrays that one call fills at once. */
function capArrays(): void {
  capMethod(Array.prototype as object as Table, 'fill', (self) =>
    checkElements((self as unknown[]).length),
  );
  capMethod(Array as object as Table, 'from', (_, args) =>
    checkElements((args[0] as { length?: unknown } | null | undefined)?.length),
  );
}

function checkElements(count: unknown): number {
  if (typeof count === 'number' && count > MOST_ELEMENTS) {
    throw new NativeRangeError(`an array of ${count} elements is too long for a script`);
  }
  return 0;
}

function reserve(bytes: number): void {
  sinceAsked += bytes;
  if (sinceAsked >= STEP) {
    sinceAsked = 0;
    if (!allowBytes(bytes)) {
      throw new NativeRangeError('the script holds more than 512 MiB in ArrayBuffers');
    }
  }
}

/** Replaces a constructor by one that reserves what `prepare` says; `prepare` may fix the arguments. */
function cap(name: string, prepare: (args: unknown[]) => number): void {
  const native = realm[name] as { prototype: object };
  const replacement = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) {
      throw new NativeTypeError(`Constructor ${name} requires 'new'`);
    }
    reserve(prepare(args));
    return construct(native as never, args, new.target);
  };
  for (const key of ownKeys(native)) {
    defineProperty(replacement, key, getOwnPropertyDescriptor(native, key) as PropertyDescriptor);
  }
  setPrototypeOf(replacement, getPrototypeOf(native));
  defineProperty(native.prototype, 'constructor', {
    value: replacement,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  realm[name] = replacement;
}

function capMethod(
  prototype: Table,
  name: string,
  bytes: (self: unknown, args: readonly unknown[]) => number,
): void {
  const native = prototype[name] as (() => unknown) | undefined;
  if (native !== undefined) {
    const holder = {
      [name](this: unknown, ...args: unknown[]): unknown {
        reserve(bytes(this, args));
        return apply(native, this, args);
      },
    };
    defineProperty(prototype, name, { value: holder[name] });
  }
}

/** A getter could answer differently the second time: arguments are replaced by plain numbers. */
function bufferBytes(args: unknown[]): number {
  const length = Number(args[0] ?? 0) || 0;
  args[0] = length;
  const options = args[1] as { maxByteLength?: unknown } | null | undefined;
  if (options === undefined || options === null || options.maxByteLength === undefined) {
    args.length = 1;
    return length;
  }
  const most = Number(options.maxByteLength);
  args[1] = { maxByteLength: most };
  return Math.max(length, most) || 0;
}

function arrayBytes(args: unknown[], size: number): number {
  const first = args[0];
  if (typeof first !== 'object' || first === null) {
    const length = Number(first ?? 0) || 0;
    args[0] = length;
    return length * size;
  }
  if (first instanceof NativeBuffer) {
    return 0;
  }
  const list = (isView(first) ? first : toArray(first as [])) as { length: number };
  args[0] = list;
  return list.length * size || 0;
}
