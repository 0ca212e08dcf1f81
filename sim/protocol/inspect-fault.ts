// The walk of an explained fault, as data to draw.

import type { FieldDto } from './inspect.ts';

/** The structures that were read for a faulting access, in order. */
export interface FaultWalkDto {
  readonly steps: readonly FaultStepDto[];
  /** The word with the guilty bits, when they are in a structure. */
  readonly word?: FaultWordDto;
}

/** One structure of a walk. */
export interface FaultStepDto {
  /** `STE 0x10`, `L3`, `S2 L1`. */
  readonly title: string;
  /** 1 or 2 for descriptors of a stage, else 0. */
  readonly stage: number;
  readonly pa: bigint;
  /** `fails`: where the mistake in the guilty structure came to light. */
  readonly verdict: 'ok' | 'guilty' | 'fails' | 'no answer';
}

/** The 64-bit word that holds the guilty bits. */
export interface FaultWordDto {
  /** `CD`, `L3`. */
  readonly where: string;
  readonly field: string;
  /** Guilty bits, and the number of the word's bit 0: absolute in the structure. */
  readonly hi: number;
  readonly lo: number;
  readonly base: number;
  readonly pa: bigint;
  /** `0x` and 16 digits. */
  readonly word: string;
  /** All fields of the word. */
  readonly fields: readonly FieldDto[];
}
