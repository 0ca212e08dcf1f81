// Small texts that the debugger's views of kernel objects share.

import type { KernelPart } from './debug-values.ts';

/** A line without parts of its own. */
export function text(name: string, value: string): KernelPart {
  return { name, text: value };
}

/** `1 range`, `2 ranges`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `6e 65 77 00` */
export function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
