// The kernel of a session: the base and every subsystem, composed. Scripts reach it through `api.ts`.
// Files that subsystems need import `kernel-base.ts`; nothing that this file imports may import it back.

import type { KernelOptions } from './kernel-base.ts';
import { KernelBase } from './kernel-base.ts';

/** One running kernel on one machine. */
export class Kernel extends KernelBase {
  constructor(options: KernelOptions) {
    super(options);
  }
}
