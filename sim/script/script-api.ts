// Everything a script finds as globals: the kernel's functions of its profile, the machine's own, and
// the constants. A kernel function of the other profile is there too: it throws and says what to use.

import type { ApiFunction } from '../kernel/api-table.ts';
import { KERNEL_FUNCTIONS } from '../kernel/api-table.ts';
import type { KernelProfile } from '../kernel/kernel-config.ts';
import { ApiError } from './api-error.ts';
import type { Binder, BindOptions, Body } from './binder.ts';
import type { Signature } from './signature.ts';
import { laterSignatureOf, parseSignature, signatureOf } from './signature.ts';
import type { World } from './world.ts';

/** Functions of the machine, which no kernel has. */
export const MACHINE_SIGNATURES = [
  'platform_device(name: string, options?: object?): device',
  'pci_device(name: string, options?: object?): device',
  'memcpy_engine(name: string, options?: object?): object',
  'phys_read(pa: u64, len: size): bytes',
  'phys_write(pa: u64, bytes: bytes): void',
  'events(): any',
  'expect_event(match: any, body: any): void',
  'assert(condition: any, message?: string): void',
  'IS_ERR(ptr: any): bool',
  'IS_ERR_OR_NULL(ptr: any): bool',
  'PTR_ERR(ptr: any): int',
  'PTR_ERR_OR_ZERO(ptr: any): int',
  'ERR_PTR(error: int): any',
] as const;

/** Methods of a device that is a bus master. */
export const DEVICE_SIGNATURES = [
  'dma_read(iova: any, len: size, options?: object?): any',
  'dma_write(iova: any, bytes: bytes, options?: object?): any',
] as const;

/** Name of a function in {@link MACHINE_SIGNATURES}. */
export type MachineFunction = (typeof MACHINE_SIGNATURES)[number] extends infer S
  ? S extends `${infer N}(${string}`
    ? N
    : never
  : never;

/** What each function of the machine does. */
export type MachineBodies = Readonly<Record<MachineFunction, Body>>;

/** What the binding of the kernel's functions needs to know. */
export interface KernelSide {
  profile(): KernelProfile;
  world(): World;
}

/** The functions by name, as objects of the script's realm. */
export function bindFunctions(
  binder: Binder,
  machine: MachineBodies,
  kernel: KernelSide,
): Map<string, object> {
  const globals = new Map<string, object>();
  for (const [name, entry] of Object.entries(KERNEL_FUNCTIONS)) {
    const first = signatureOf(name, entry);
    const later = laterSignatureOf(name, entry) ?? first;
    const shape = (): Signature => {
      const profile = kernel.profile();
      checkProfile(name, entry, profile);
      return profile === 'attr19' ? later : first;
    };
    globals.set(name, binder.bind(first, kernelBody(name, kernel), { shape }));
  }
  for (const text of MACHINE_SIGNATURES) {
    const signature = parseSignature(text);
    const body = machine[signature.name as MachineFunction];
    globals.set(signature.name, binder.bind(signature, body));
  }
  return globals;
}

/** The methods of devices, for {@link Binder.methods}. */
export function deviceMethods(
  read: Body,
  write: Body,
): readonly (readonly [Signature, Body, BindOptions])[] {
  const quiet = { quiet: true };
  return [
    [parseSignature(DEVICE_SIGNATURES[0]), read, quiet],
    [parseSignature(DEVICE_SIGNATURES[1]), write, quiet],
  ];
}

/** @throws ApiError when the profile does not have the function, and what it has instead */
function checkProfile(name: string, entry: ApiFunction, profile: KernelProfile): void {
  if (!entry.profiles.includes(profile)) {
    const instead = entry.replacement ?? 'nothing';
    throw new ApiError(
      'Error',
      `${name} is not in profile ${profile}: ${entry.profiles.join(' and ')} has it; ` +
        `${profile} has ${instead}`,
    );
  }
}

function kernelBody(name: string, kernel: KernelSide): Body {
  return (args) => {
    const { functions } = kernel.world();
    const fn = functions[name] as ((...values: unknown[]) => unknown) | undefined;
    if (fn === undefined) {
      throw new ApiError('Error', `${name} is not modelled yet`);
    }
    return fn(...args);
  };
}
