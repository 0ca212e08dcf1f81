// Handles of kernel objects that have something to show: memory behind a kernel address, scatterlist
// entries, buses.

import type { BusType } from '../kernel/iommu-types.ts';
import type { KernelBuffer } from '../kernel/mm/kernel-buffer.ts';
import type { Scatterlist } from '../kernel/scatterlist.ts';
import { ApiError } from './api-error.ts';
import type { Binder, BindOptions, Body } from './binder.ts';
import type { HandleKind } from './handles.ts';
import type { Signature } from './signature.ts';
import { parseSignature } from './signature.ts';

/** Methods of a buffer: the CPU's side of memory that a device may reach, too. */
export const BUFFER_SIGNATURES = [
  'read(offset: size, len: size): bytes',
  'write(offset: size, bytes: bytes): void',
  'fill(value: int, offset?: size, len?: size): void',
  'get32(offset: size): u32',
  'set32(offset: size, value: u32): void',
  'get64(offset: size): u64',
  'set64(offset: size, value: any): void',
  'add(offset: size): object',
] as const;

/** The kinds, with methods bound by `binder`. */
export function kernelKinds(binder: Binder): readonly HandleKind[] {
  return [
    { name: 'bus', fields: (host) => ({ name: (host as BusType).name }) },
    {
      name: 'buffer',
      methods: binder.methods('buffer', bufferMethods()),
      getters: { size: (host) => (host as KernelBuffer).size },
    },
    {
      name: 'scatterlist',
      getters: {
        offset: (host) => (host as Scatterlist).offset,
        length: (host) => (host as Scatterlist).length,
        dma_address: (host) => BigInt((host as Scatterlist).dma_address),
        dma_length: (host) => (host as Scatterlist).dma_length,
      },
    },
    { name: 'page' },
  ];
}

type NameOf<S> = S extends `${infer N}(${string}` ? N : never;
type BufferMethod = NameOf<(typeof BUFFER_SIGNATURES)[number]>;

type BufferBody = (buffer: KernelBuffer, ...args: never[]) => unknown;

const BUFFER_BODIES: Readonly<Record<BufferMethod, BufferBody>> = {
  read: (buffer, offset: number, length: number) => buffer.read(offset, length),
  write: (buffer, offset: number, bytes: Uint8Array) => buffer.write(offset, bytes),
  fill: (buffer, value: number, offset?: number, length?: number) =>
    buffer.fill(value, offset, length),
  get32: (buffer, offset: number) => buffer.get32(offset),
  set32: (buffer, offset: number, value: number) => buffer.set32(offset, value),
  get64: (buffer, offset: number) => buffer.get64(offset),
  set64: (buffer, offset: number, value: unknown) => buffer.set64(offset, wide(value)),
  add: (buffer, offset: number) => buffer.add(offset),
};

/** Accesses of the CPU are not recorded: a loop over a buffer would bury everything else. */
function bufferMethods(): readonly (readonly [Signature, Body, BindOptions])[] {
  return BUFFER_SIGNATURES.map((text) => {
    const signature = parseSignature(text);
    const body = BUFFER_BODIES[signature.name as BufferMethod];
    return [
      signature,
      (args, self) => inBounds(() => body(self as KernelBuffer, ...(args as never[]))),
      { quiet: true },
    ];
  });
}

/** Past the end of a buffer is the script's mistake. */
function inBounds(access: () => unknown): unknown {
  try {
    return access();
  } catch (error) {
    throw error instanceof RangeError ? new ApiError('RangeError', error.message) : error;
  }
}

function wide(value: unknown): number | bigint {
  const fits = typeof value === 'bigint' ? value >= 0n && value < 2n ** 64n : false;
  if (fits || (Number.isSafeInteger(value) && (value as number) >= 0)) {
    return value as number | bigint;
  }
  throw new ApiError('TypeError', `set64: value must be a u64, got ${String(value)}`);
}
