// How values cross between a script and the kernel, by the types of the API's table. Inward they are
// checked and converted; outward only primitives and objects of the script's realm are made.
// Addresses at or above 2^53 are rounded inward: no address space of the model reaches that far.

import type { ApiType } from '../kernel/api-table.ts';
import { ErrorPointer } from '../kernel/errno.ts';
import { ApiError, CallbackThrew } from './api-error.ts';
import { bytesOf } from './bytes.ts';
import type { GuestRealm } from './guest-realm.ts';
import type { HandleTable } from './handles.ts';
import { kindOf, Opaque } from './handles.ts';
import { showWrong } from './show.ts';
import type { Parameter, Signature } from './signature.ts';
import { usage } from './signature.ts';
import { Twins } from './twins.ts';

/** Kinds of handles, by the types that ask for them. */
const HANDLE_TYPES: Partial<Record<ApiType, string>> = {
  device: 'device',
  bus: 'bus',
  domain: 'domain',
  group: 'group',
  mm: 'mm',
  mdev: 'mdev',
};

/** Kinds of handles that parameters of these names must be, where the table says only `object`. */
const PARAMETER_KINDS: Readonly<Record<string, string>> = {
  page: 'page',
  cpu: 'buffer',
  buf: 'buffer',
  ptr: 'buffer',
  wq: 'workqueue_struct',
  mdev: 'mdev_device',
  container: 'vfio_container',
  group: 'vfio_group',
  device: 'vfio_device',
  queue: 'iopf_queue',
  handle: 'iommu_sva',
};

/** Types of the arguments that a function's callback gets. */
const CALLBACK_TYPES: Readonly<Record<string, readonly ApiType[]>> = {
  iommu_set_fault_handler: ['domain', 'device', 'u64', 'int', 'any'],
};

const TWO_32 = 2 ** 32;
const TWO_64 = 2n ** 64n;

/** What a rejected argument should have been. */
const WANTED: Partial<Record<ApiType, string>> = {
  int: 'a whole number of 32 bits',
  u32: 'a whole number from 0 to 0xffffffff',
  size: 'a number of bytes or items (a safe integer, not negative)',
  u64: 'a bigint or a safe integer of at most 64 bits, not negative',
  bool: 'true or false',
  string: 'a string',
  bytes: 'a Uint8Array',
  bus: 'a bus (platform_bus_type, pci_bus_type) or a device',
  ref: 'a ref, made by ref(0)',
  function: 'a function',
  object: 'an object',
};

/** Converts arguments and results of one session. */
export class Crossing {
  readonly guest: GuestRealm;
  readonly handles: HandleTable;
  readonly twins: Twins;
  readonly #callbacks = new WeakMap<object, (...args: unknown[]) => unknown>();
  readonly #typed = new WeakMap<object, (...args: unknown[]) => unknown>();

  constructor(guest: GuestRealm, handles: HandleTable) {
    this.guest = guest;
    this.handles = handles;
    this.twins = new Twins(this);
  }

  /** All arguments of a call, checked. @throws ApiError naming function, parameter and value */
  argumentsToHost(signature: Signature, args: readonly unknown[]): unknown[] {
    const { parameters, required } = signature;
    const last = parameters.at(-1);
    if (args.length < required || (args.length > parameters.length && last?.rest !== true)) {
      const most = last?.rest === true ? ' or more' : '';
      const count = required === parameters.length ? `${required}` : `${required}${most}`;
      const many = `${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`;
      throw new ApiError(
        'TypeError',
        `${signature.name} takes ${count} arguments, got ${many}: ${usage(signature)}`,
      );
    }
    const converted: unknown[] = [];
    for (let index = 0; index < args.length; index++) {
      const parameter = parameters[Math.min(index, parameters.length - 1)] as Parameter;
      const missing = args[index] === undefined && parameter.optional;
      converted.push(missing ? undefined : this.toHost(args[index], parameter, signature));
    }
    return converted;
  }

  /** One argument. @throws ApiError naming function, parameter and value */
  toHost(value: unknown, parameter: Parameter, signature: Signature): unknown {
    const { type } = parameter;
    if (type === 'any') {
      return this.anyToHost(value);
    }
    const nullable = type.endsWith('?');
    if (nullable && (value === null || value === undefined)) {
      return null;
    }
    const plain = (nullable ? type.slice(0, -1) : type) as ApiType;
    const kind = plain === 'object' ? PARAMETER_KINDS[parameter.name] : undefined;
    const converted =
      kind === undefined
        ? this.#convert(value, plain, CALLBACK_TYPES[signature.name])
        : this.#handleToHost(value, kind);
    if (converted === undefined) {
      const wanted = kind === undefined ? (WANTED[plain] ?? `a ${plain}`) : `a ${kind}`;
      throw new ApiError(
        'TypeError',
        `${signature.name}: ${parameter.name} must be ${wanted}${nullable ? ', or null' : ''}, ` +
          `got ${showWrong(value, this.handles)}`,
      );
    }
    return converted;
  }

  /** A value whose meaning only the script knows. */
  anyToHost(value: unknown): unknown {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      return value;
    }
    return this.handles.resolve(value)?.host ?? this.handles.opaque(value);
  }

  /** A result, or an argument of a callback, for the script. */
  toGuest(value: unknown, type: ApiType): unknown {
    if (value === undefined || value === null) {
      return type === 'void' || type === 'any' ? value : null;
    }
    if (type === 'u64' && typeof value === 'number') {
      return BigInt(value);
    }
    if (typeof value !== 'object' && typeof value !== 'function') {
      return value;
    }
    if (value instanceof Opaque) {
      return value.guest;
    }
    if (value instanceof ErrorPointer) {
      return this.handles.handleOf(value, 'error pointer');
    }
    if (value instanceof Uint8Array) {
      return this.bytesToGuest(value);
    }
    return this.twins.guestOf(value) ?? this.#objectToGuest(value, type);
  }

  bytesToGuest(bytes: Uint8Array): Uint8Array {
    const copy = this.guest.makeBytes(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /**
   * The kernel's function for a function of the script; the same function gives the same one. `types`
   * are those of its arguments, where plain numbers would not do.
   */
  callback(fn: object, types?: readonly ApiType[]): (...args: unknown[]) => unknown {
    const known = types === undefined ? this.#callbacks : this.#typed;
    let callback = known.get(fn);
    if (callback === undefined) {
      callback = (...args) => {
        const values = args.map((value, index) => this.toGuest(value, types?.[index] ?? 'any'));
        const outcome = this.guest.call(fn, values);
        if (!outcome.ok) {
          throw new CallbackThrew(outcome.error);
        }
        return this.anyToHost(outcome.value);
      };
      known.set(fn, callback);
    }
    return callback;
  }

  #objectToGuest(value: object, type: ApiType): unknown {
    const kind = HANDLE_TYPES[(type.endsWith('?') ? type.slice(0, -1) : type) as ApiType];
    if (kind !== undefined) {
      return this.handles.handleOf(value, kind);
    }
    if (this.handles.has(value)) {
      return this.handles.handleOf(value, '');
    }
    const prototype = Object.getPrototypeOf(value);
    if (Array.isArray(value) || prototype === Object.prototype || prototype === null) {
      return this.twins.copyOut(value);
    }
    return this.handles.handleOf(value, kindOf(value));
  }

  /** The converted value, or undefined when it is not of the type. */
  #convert(value: unknown, type: ApiType, callback?: readonly ApiType[]): unknown {
    switch (type) {
      case 'int':
        return isWhole(value, -(2 ** 31), TWO_32 - 1) ? value : undefined;
      case 'u32':
        return isWhole(value, 0, TWO_32 - 1) ? value : undefined;
      case 'size':
        return isWhole(value, 0, Number.MAX_SAFE_INTEGER) ? value : undefined;
      case 'u64':
        return u64ToHost(value);
      case 'bool':
        return typeof value === 'boolean' || typeof value === 'number' ? Boolean(value) : undefined;
      case 'string':
        return typeof value === 'string' ? value : undefined;
      case 'bytes':
        return bytesOf(value);
      case 'function':
        return typeof value === 'function' ? this.callback(value, callback) : undefined;
      case 'ref':
      case 'object':
        return this.#objectToHost(value, type);
      default:
        return this.#handleToHost(value, type);
    }
  }

  #objectToHost(value: unknown, type: 'ref' | 'object'): object | undefined {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    const known = this.handles.resolve(value);
    if (type === 'ref') {
      return known === undefined && 'value' in value ? this.twins.copyIn(value) : undefined;
    }
    return known?.host ?? this.twins.copyIn(value);
  }

  #handleToHost(value: unknown, type: string): object | undefined {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    const known = this.handles.resolve(value);
    if (known?.kind === type) {
      return known.host;
    }
    const bus = known?.kind === 'device' && type === 'bus' ? known.host : undefined;
    return bus === undefined ? undefined : (bus as { bus?: object }).bus;
  }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function u64ToHost(value: unknown): number | undefined {
  if (typeof value === 'bigint') {
    return value >= 0n && value < TWO_64 ? Number(value) : undefined;
  }
  return isWhole(value, 0, Number.MAX_SAFE_INTEGER) ? value : undefined;
}
