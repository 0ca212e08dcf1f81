// How components reach the workbench.

import { createContext, useContext } from 'react';
import { ensure } from '../../sim/base/assert.ts';
import type { WorkbenchModel } from './workbench.ts';

/** Set once around everything. */
export const WorkbenchContext = createContext<WorkbenchModel | undefined>(undefined);

/** The workbench, in a component. */
export function useWorkbench(): WorkbenchModel {
  return ensure(useContext(WorkbenchContext), 'workbench around this component');
}
