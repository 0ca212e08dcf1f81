// Blame is explicit: every diagnostic says who is at fault. Nothing unimplemented is silent.

import { K } from './kinds.ts';
import type { Recorder } from './recorder.ts';

/** The classes, by their number in the trace. */
export const DIAGNOSTIC_CLASSES = [
  /** The driver under test did something the manual forbids or leaves unpredictable. */
  'guest-error',
  /** The model's limit. */
  'unimplemented',
  /** A choice the manual leaves open; the section says which. */
  'constrained-unpredictable',
  /** The script used the kernel API in a way that the kernel does not check. */
  'api-misuse',
] as const;

export type DiagnosticClass = (typeof DIAGNOSTIC_CLASSES)[number];

/** One diagnostic as listeners get it. */
export interface Diagnostic {
  readonly class: DiagnosticClass;
  /** Section of IHI 0070, or the kernel source it follows. */
  readonly section: string;
  readonly text: string;
  /** Id of its trace record. */
  readonly id: number;
}

/** Collects diagnostics into the trace and tells a listener. */
export class Diagnostics {
  readonly #recorder: Recorder;
  /** Told of each diagnostic as it is made. */
  onReport: ((diagnostic: Diagnostic) => void) | undefined;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  report(kind: DiagnosticClass, section: string, text: string): void {
    const recorder = this.#recorder;
    const id = recorder.emit(
      K.diagnostic,
      DIAGNOSTIC_CLASSES.indexOf(kind),
      recorder.intern(section),
      recorder.intern(text),
    );
    this.onReport?.({ class: kind, section, text, id });
  }

  guestError(section: string, text: string): void {
    this.report('guest-error', section, text);
  }

  unimplemented(section: string, text: string): void {
    this.report('unimplemented', section, text);
  }

  unpredictable(section: string, text: string): void {
    this.report('constrained-unpredictable', section, text);
  }
}
