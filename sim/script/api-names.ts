// The names of everything that scripts can call, functions and methods: what a call in a trace can say.

import { KERNEL_FUNCTIONS } from '../kernel/api-table.ts';
import { ENGINE_SIGNATURES } from './engine-api.ts';
import { BUFFER_SIGNATURES } from './kernel-kinds.ts';
import { MM_SIGNATURES } from './mm-kind.ts';
import { DEVICE_SIGNATURES, MACHINE_SIGNATURES } from './script-api.ts';

const NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(KERNEL_FUNCTIONS),
  ...[
    ...MACHINE_SIGNATURES,
    ...DEVICE_SIGNATURES,
    ...BUFFER_SIGNATURES,
    ...MM_SIGNATURES,
    ...ENGINE_SIGNATURES,
    'configure()',
  ].map((signature) => signature.slice(0, signature.indexOf('('))),
]);

/** True for a function or method of the API; false for what a script defines itself. */
export function isApiFunction(name: string): boolean {
  return NAMES.has(name);
}
