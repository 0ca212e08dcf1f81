// The kernel's functions for scripts, by name, bound to one kernel. Names, parameters and profiles are in
// `api-table.ts`; a name that is in the table and not here is not modelled yet.

import { dmaApi } from './api-dma.ts';
import { iommuApi } from './api-iommu.ts';
import { mdevApi } from './api-mdev.ts';
import { pciApi } from './api-pci.ts';
import { surroundingsApi } from './api-surroundings.ts';
import { svaApi } from './api-sva.ts';
import type { KernelFunction } from './api-table.ts';
import type { Kernel } from './kernel.ts';

/** The functions of one kernel. */
export interface KernelApi {
  readonly functions: Readonly<Record<string, KernelFunction>>;
}

/** Binds every function to `kernel`. */
export function createKernelApi(kernel: Kernel): KernelApi {
  return {
    functions: {
      ...iommuApi(kernel),
      ...svaApi(kernel),
      ...mdevApi(kernel),
      ...pciApi(kernel),
      ...dmaApi(kernel),
      ...surroundingsApi(kernel),
    },
  };
}
