// Values as messages and the trace show them: addresses in hexadecimal, objects by what they are.

import { hex } from '../base/hex.ts';
import type { ApiType } from '../kernel/api-table.ts';
import type { HandleTable } from './handles.ts';

const MOST_TEXT = 40;

/** A value of the script for a message: type and value, numbers also in hexadecimal. */
export function showWrong(value: unknown, handles: HandleTable): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      return `the string ${quote(value)}`;
    case 'bigint':
      return `the bigint ${value}n (${value < 0n ? `-${hex(-value)}` : hex(value)})`;
    case 'number':
      return Number.isSafeInteger(value)
        ? `${value} (${value < 0 ? `-${hex(-value)}` : hex(value)})`
        : `the number ${value}`;
    case 'boolean':
      return String(value);
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return showObject(value, handles);
  }
}

function showObject(value: unknown, handles: HandleTable): string {
  if (typeof value !== 'object' || value === null) {
    return 'null';
  }
  const known = handles.resolve(value);
  if (known === undefined) {
    return Array.isArray(value) ? 'an array' : 'an object';
  }
  return `${/^[aeiou]/.test(known.kind) ? 'an' : 'a'} ${known.kind}`;
}

/** One argument of a call for the trace, e.g. `0x70000000`, `accel0`, `domain 2`. */
export function showArgument(value: unknown, type: ApiType, handles: HandleTable): string {
  switch (typeof value) {
    case 'bigint':
      return value < 0n ? String(value) : hex(value);
    case 'number':
      return type === 'u64' && value >= 0 ? hex(value) : String(value);
    case 'string':
      return quote(value);
    case 'function':
      return 'function';
    case 'object':
      return value === null ? 'NULL' : showKnown(value, handles);
    default:
      return String(value);
  }
}

function showKnown(value: object, handles: HandleTable): string {
  const known = handles.resolve(value);
  if (known === undefined) {
    return Array.isArray(value) ? '[...]' : '{...}';
  }
  return nameOf(known.host) ?? known.kind;
}

/** What a kernel object is called, when it says so. */
export function nameOf(host: object): string | undefined {
  const { name, id, type } = host as { name?: unknown; id?: unknown; type?: unknown };
  if (typeof name === 'string') {
    return name;
  }
  return typeof id === 'number' && typeof type === 'number' ? `domain ${id}` : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text);
}
