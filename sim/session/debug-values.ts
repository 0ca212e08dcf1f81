// Values of a paused script as the debugger shows them. Nothing of the script runs meanwhile: getters and
// proxies are not touched, only data properties are read. Structures of the kernel show what they are.

import { hex } from '../base/hex.ts';
import type { DebugVariable } from '../protocol/debug.ts';
import { bytesText } from './debug-view-parts.ts';

/** What the renderer asks about objects that are more than they seem. */
export interface ValueKinds {
  isProxy(value: object): boolean;
  /** What the kernel says of an object, if it is one of the kernel's. */
  kernelView(value: object): KernelView | undefined;
}

/** A kernel object on one line, and its parts. */
export interface KernelView {
  readonly type: string;
  readonly title: string;
  readonly parts: () => readonly KernelPart[];
}

/** A part of a kernel object: a text, or a value that has parts itself. */
export interface KernelPart {
  readonly name: string;
  readonly text?: string;
  readonly value?: unknown;
  readonly parts?: () => readonly KernelPart[];
}

/** Parts that one list shows; a last line says how many more there are. */
const MOST_PARTS = 256;
const MOST_TEXT = 200;
const PREVIEW = 4;
/** Whole numbers from here on are also shown in hexadecimal. */
const HEX_FROM = 256;

type Source = { readonly holder: object } | { readonly parts: () => readonly KernelPart[] };

/** A primitive as text; undefined for objects and functions. */
export function primitiveText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return value < 0n ? `-${hex(-value)}n` : `${hex(value)}n`;
    case 'number':
      return Number.isSafeInteger(value) && value >= HEX_FROM
        ? `${value} (${hex(value)})`
        : Object.is(value, -0)
          ? '-0'
          : String(value);
    case 'undefined':
    case 'boolean':
    case 'symbol':
      return String(value);
    default:
      return value === null ? 'null' : undefined;
  }
}

/** Shows values and remembers the objects among them until the script goes on. */
export class ValueTable {
  readonly #kinds: ValueKinds;
  readonly #sources: Source[] = [];

  constructor(kinds: ValueKinds) {
    this.#kinds = kinds;
  }

  /** Forgets all references. */
  clear(): void {
    this.#sources.length = 0;
  }

  /** A reference to an object whose properties are variables. */
  referenceTo(holder: object): number {
    return this.#sources.push({ holder });
  }

  /** The object behind a reference, when its properties can be set. */
  holder(reference: number): object | undefined {
    const source = this.#sources[reference - 1];
    return source !== undefined && 'holder' in source ? source.holder : undefined;
  }

  /** One value with its name. */
  show(name: string, value: unknown, writable: boolean): DebugVariable {
    const text = primitiveText(value);
    if (text !== undefined) {
      const type = value === null ? 'null' : typeof value;
      return { name, value: text, type, reference: 0, writable };
    }
    const object = value as object;
    const view = this.#kinds.isProxy(object) ? undefined : this.#kinds.kernelView(object);
    if (view !== undefined) {
      const reference = this.#sources.push({ parts: view.parts });
      return { name, value: view.title, type: view.type, reference, writable };
    }
    const reference = this.#hasParts(object) ? this.referenceTo(object) : 0;
    return { name, value: this.#objectText(object, 1), type: typeOf(object), reference, writable };
  }

  /** The parts of an object; empty for a reference that is no longer valid. */
  parts(reference: number): DebugVariable[] {
    const source = this.#sources[reference - 1];
    if (source === undefined) {
      return [];
    }
    return 'parts' in source
      ? source.parts().map((part) => this.#kernelPart(part))
      : this.properties(source.holder);
  }

  /** Own properties of an object as variables. */
  properties(holder: object): DebugVariable[] {
    if (this.#kinds.isProxy(holder)) {
      return [];
    }
    const shown: DebugVariable[] = entriesOf(holder).map(([name, value]) =>
      this.show(name, value, false),
    );
    const keys = Reflect.ownKeys(holder).filter((key) => isShown(holder, key));
    for (const key of keys.slice(0, MOST_PARTS)) {
      shown.push(this.#property(holder, key));
    }
    if (keys.length > MOST_PARTS) {
      shown.push(line('…', `${keys.length - MOST_PARTS} more`));
    }
    return shown;
  }

  #property(holder: object, key: string | symbol): DebugVariable {
    const name = typeof key === 'string' ? key : `[${String(key)}]`;
    const property = descriptorOf(holder, key);
    if (property === undefined) {
      return line(name, 'not initialised yet');
    }
    return 'value' in property
      ? this.show(name, property.value, property.writable === true)
      : line(name, '(getter)');
  }

  #kernelPart({ name, text, value, parts }: KernelPart): DebugVariable {
    if (text === undefined) {
      return this.show(name, value, false);
    }
    const reference = parts === undefined ? 0 : this.#sources.push({ parts });
    return { name, value: text, type: '', reference, writable: false };
  }

  #hasParts(object: object): boolean {
    if (typeof object === 'function' || this.#kinds.isProxy(object)) {
      return false;
    }
    return (
      Reflect.ownKeys(object).some((key) => isShown(object, key)) || entriesOf(object).length > 0
    );
  }

  #objectText(object: object, depth: number): string {
    if (this.#kinds.isProxy(object)) {
      return 'Proxy';
    }
    const type = typeOf(object);
    switch (type) {
      case 'function':
        return `ƒ ${nameOfFunction(object)}()`;
      case 'Error':
        return `${String(dataOf(object, 'name') ?? 'Error')}: ${String(dataOf(object, 'message') ?? '')}`;
      case 'Map':
      case 'Set':
        return `${type}(${entriesOf(object).length})`;
      case 'Promise':
        return 'Promise';
      default:
        return ArrayBuffer.isView(object)
          ? viewText(object, type)
          : this.#listText(object, type, depth);
    }
  }

  #listText(object: object, type: string, depth: number): string {
    const isArray = Array.isArray(object);
    const head = isArray ? `(${dataOf(object, 'length')}) ` : type === 'Object' ? '' : `${type} `;
    const [open, close] = isArray ? ['[', ']'] : ['{', '}'];
    if (depth === 0) {
      return `${head}${open}…${close}`;
    }
    const keys = Reflect.ownKeys(object).filter((key) => isShown(object, key));
    const items = keys.slice(0, PREVIEW).map((key) => {
      const property = Reflect.getOwnPropertyDescriptor(object, key);
      const text =
        property !== undefined && 'value' in property
          ? this.#previewText(property.value)
          : '(getter)';
      return isArray ? text : `${String(key)}: ${text}`;
    });
    const more = keys.length > PREVIEW ? [...items, '…'] : items;
    return `${head}${open}${more.join(', ')}${close}`;
  }

  #previewText(value: unknown): string {
    const text = primitiveText(value);
    if (text !== undefined) {
      return text;
    }
    const object = value as object;
    const view = this.#kinds.isProxy(object) ? undefined : this.#kinds.kernelView(object);
    return view?.title ?? this.#objectText(object, 0);
  }
}

function line(name: string, value: string): DebugVariable {
  return { name, value, type: '', reference: 0, writable: false };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);
}

/** Newer engines throw for a variable of a scope whose declaration has not run. */
function descriptorOf(holder: object, key: string | symbol): PropertyDescriptor | undefined {
  try {
    return Reflect.getOwnPropertyDescriptor(holder, key);
  } catch {
    return undefined;
  }
}

/** Elements and named properties, not the bookkeeping of arrays and typed arrays. */
function isShown(object: object, key: string | symbol): boolean {
  if (key === 'length') {
    return !Array.isArray(object);
  }
  return key !== 'stack' || typeOf(object) !== 'Error';
}

/** A data property, own or inherited; getters are not called, but those of the locked realm tell. */
function dataOf(object: object, key: string | symbol): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    const property = Reflect.getOwnPropertyDescriptor(at, key);
    if (property !== undefined) {
      return property.get === undefined
        ? property.value
        : Reflect.getOwnPropertyDescriptor(property.get, 'originalValue')?.value;
    }
  }
  return undefined;
}

function nameOfFunction(fn: object): string {
  const name = Reflect.getOwnPropertyDescriptor(fn, 'name')?.value;
  return typeof name === 'string' && name !== '' ? name : '(anonymous)';
}

/** `Object`, `Array`, `Map`, the name of a class. */
function typeOf(object: object): string {
  if (typeof object === 'function') {
    return 'function';
  }
  if (Array.isArray(object)) {
    return 'Array';
  }
  if (ArrayBuffer.isView(object)) {
    return String(arrayTag.call(object) ?? 'DataView');
  }
  if (isMap(object)) {
    return 'Map';
  }
  if (isSet(object)) {
    return 'Set';
  }
  const tag = dataOf(object, Symbol.toStringTag);
  if (typeof tag === 'string') {
    return tag;
  }
  const plain = tag === undefined && !(Symbol.toStringTag in object);
  if (plain && Object.prototype.toString.call(object) === '[object Error]') {
    return 'Error';
  }
  const made = dataOf(object, 'constructor');
  return typeof made === 'function' ? nameOfFunction(made) : 'Object';
}

const arrayTag = getterOf(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');

function getterOf(prototype: object, key: string | symbol): (this: unknown) => unknown {
  return Reflect.getOwnPropertyDescriptor(prototype, key)?.get ?? (() => undefined);
}

function isMap(object: object): boolean {
  return answers(mapSize, object);
}

function isSet(object: object): boolean {
  return answers(setSize, object);
}

function answers(getter: (this: unknown) => unknown, object: object): boolean {
  try {
    return getter.call(object) !== undefined;
  } catch {
    return false;
  }
}

/** Contents of maps and sets: they are no properties. */
function entriesOf(object: object): [string, unknown][] {
  const found: [string, unknown][] = [];
  const add = (name: string, value: unknown): void => {
    if (found.length < MOST_PARTS) {
      found.push([name, value]);
    }
  };
  if (isMap(object)) {
    Map.prototype.forEach.call(object, (value, key) =>
      add(`[${primitiveText(key) ?? typeOf(key as object)}]`, value),
    );
  } else if (isSet(object)) {
    let index = 0;
    Set.prototype.forEach.call(object, (value) => add(`[${index++}]`, value));
  }
  return found;
}

/** `Uint8Array(4) [6e 65 77 00]` */
function viewText(view: ArrayBufferView, type: string): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const shown = bytesText(bytes.subarray(0, 16));
  return `${type}(${bytes.length}) [${shown}${bytes.length > 16 ? ' …' : ''}]`;
}
