// The handle of a process address space: what a process does with its memory, and that it ends.

import type { MmStruct } from '../kernel/mm/mm-struct.ts';
import { SegmentationFault } from '../kernel/mm/mm-struct.ts';
import { ApiError } from './api-error.ts';
import type { Binder, Body } from './binder.ts';
import type { HandleKind } from './handles.ts';
import type { Signature } from './signature.ts';
import { parseSignature } from './signature.ts';

/** Methods of an mm. */
export const MM_SIGNATURES = [
  'mmap(len: size, prot: int, addr?: u64): any',
  'munmap(addr: u64, len: size): int',
  'mprotect(addr: u64, len: size, prot: int): int',
  'read(addr: u64, len: size): bytes',
  'write(addr: u64, bytes: bytes): void',
  'exit(): void',
] as const;

type NameOf<S> = S extends `${infer N}(${string}` ? N : never;
type MmBody = (mm: MmStruct, ...args: never[]) => unknown;

const BODIES: Readonly<Record<NameOf<(typeof MM_SIGNATURES)[number]>, MmBody>> = {
  mmap: (mm, len: number, prot: number, addr?: number) => mm.mmap(len, prot, addr),
  munmap: (mm, addr: number, len: number) => mm.munmap(addr, len),
  mprotect: (mm, addr: number, len: number, prot: number) => mm.mprotect(addr, len, prot),
  read: (mm, addr: number, len: number) => mm.read(addr, len),
  write: (mm, addr: number, bytes: Uint8Array) => mm.write(addr, bytes),
  exit: (mm) => mm.exit(),
};

/** The kind, with methods bound by `binder`. */
export function mmKind(binder: Binder): HandleKind {
  return {
    name: 'mm',
    methods: binder.methods(
      'mm',
      MM_SIGNATURES.map((text): readonly [Signature, Body] => {
        const signature = parseSignature(text);
        const body = BODIES[signature.name as keyof typeof BODIES];
        return [signature, (args, self) => guarded(body, self as MmStruct, args)];
      }),
    ),
  };
}

/** A process that touches what it does not have is killed; the script gets an error instead. */
function guarded(body: MmBody, mm: MmStruct, args: unknown[]): unknown {
  try {
    return body(mm, ...(args as never[]));
  } catch (error) {
    throw error instanceof SegmentationFault ? new ApiError('Error', error.message) : error;
  }
}
