// Every kind of recorded vectors that can be replayed. A new kind is one line here.

import type { Replayer } from './replayer.ts';

/** Loads the replayers; each is told apart by what its lines look like. */
export async function loadReplayers(): Promise<readonly Replayer[]> {
  return [
    (await import('./qemu.ts')).qemuHardware,
    (await import('./io-pgtable.ts')).linuxIoPgtable,
    (await import('./driver.ts')).linuxDriver,
  ];
}
