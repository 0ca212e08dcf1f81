// StreamWorlds: the translation regime that a stream uses (IHI 0070 3.3.4, STE.STRW).

import type { SmmuFeatures } from './capabilities.ts';
import { STE_CONFIG_S1 } from './spec/ste.ts';
import type { SteValues } from './ste-values.ts';

/** Two halves, ASIDs, VMIDs, two privilege levels. */
export const WORLD_EL1 = 0;
/** One half, no ASID, no VMID, one privilege level. */
export const WORLD_EL2 = 1;
/** Two halves and ASIDs, no VMID, two privilege levels. */
export const WORLD_EL2_E2H = 2;

/** StreamWorld of a legal STE; `e2h` is CR2.E2H. */
export function streamWorld(
  ste: SteValues,
  features: Readonly<SmmuFeatures>,
  e2h: boolean,
): number {
  if (ste.config !== STE_CONFIG_S1 || !features.hyp || ste.strw !== 2) {
    return WORLD_EL1;
  }
  return e2h ? WORLD_EL2_E2H : WORLD_EL2;
}
