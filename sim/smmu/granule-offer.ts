// Which granules an instance offers.

import type { SmmuFeatures } from './capabilities.ts';
import { GRANULE_4K, GRANULE_16K, type Granule } from './spec/descriptors.ts';

/** True for a granule that IDR5 announces; a reserved encoding (undefined) is none. */
export function granuleOffered(
  granule: Granule | undefined,
  features: Readonly<SmmuFeatures>,
): granule is Granule {
  if (granule === undefined) {
    return false;
  }
  if (granule === GRANULE_4K) {
    return features.gran4k;
  }
  return granule === GRANULE_16K ? features.gran16k : features.gran64k;
}
