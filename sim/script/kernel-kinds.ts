// Handles of kernel objects that have something to show: memory behind a kernel address, scatterlist
// entries, buses.

import type { BusType } from '../kernel/iommu-types.ts';
import type { KernelBuffer, PhysicalRun } from '../kernel/mm/kernel-buffer.ts';
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

/** Told of each store of the script into a buffer: where the bytes are. */
export type OnStore = (runs: readonly PhysicalRun[]) => void;

/** The kinds, with methods bound by `binder`. */
export function kernelKinds(binder: Binder, onStore: OnStore): readonly HandleKind[] {
  return [
    { name: 'bus', fields: (host) => ({ name: (host as BusType).name }) },
    {
      name: 'buffer',
      methods: binder.methods('buffer', bufferMethods(onStore)),
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

/** Bytes that each method stores at the offset that is its first argument, by its second one. */
const STORED: Readonly<Partial<Record<BufferMethod, (value: never) => number>>> = {
  write: (bytes: Uint8Array) => bytes.length,
  set32: () => 4,
  set64: () => 8,
};

/** Arguments are not recorded: a loop over a buffer would bury everything else. */
function bufferMethods(onStore: OnStore): readonly (readonly [Signature, Body, BindOptions])[] {
  return BUFFER_SIGNATURES.map((text) => {
    const signature = parseSignature(text);
    const name = signature.name as BufferMethod;
    const body = BUFFER_BODIES[name];
    return [
      signature,
      (args, self) =>
        inBounds(() => {
          const buffer = self as KernelBuffer;
          const result = body(buffer, ...(args as never[]));
          const stored = storedRuns(buffer, name, args);
          if (stored !== undefined) {
            onStore(stored);
          }
          return result;
        }),
      { quiet: true },
    ];
  });
}

/** Where a call of a buffer's method stored, or undefined when it only reads. */
function storedRuns(
  buffer: KernelBuffer,
  name: BufferMethod,
  [first, second, third]: readonly unknown[],
): PhysicalRun[] | undefined {
  if (name === 'fill') {
    const offset = (second as number | undefined) ?? 0;
    return buffer.physicalRuns(offset, (third as number | undefined) ?? buffer.size - offset);
  }
  const bytes = STORED[name]?.(second as never);
  return bytes === undefined ? undefined : buffer.physicalRuns(first as number, bytes);
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
