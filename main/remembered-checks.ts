// The layout as the window sends it, and as the state file has it.

import { z } from 'zod';
import type { RememberedApi } from '../sim/protocol/remembered.ts';

const EDITOR = z.strictObject({
  panel: z.string().max(100),
  path: z.string().min(1).max(4096).optional(),
  example: z.string().min(1).max(255).optional(),
  line: z.number().int().min(1),
  column: z.number().int().min(1),
  top: z.number().min(0),
});

/** What {@link RememberedApi} carries. */
export const LAYOUT = z.strictObject({
  dock: z.string().max(500_000),
  editors: z.array(EDITOR).max(1000).readonly(),
  active: z.string().max(100).optional(),
});

/** The arguments of every call. */
export const REMEMBERED_ARGUMENTS: Readonly<
  Record<keyof RememberedApi, z.ZodType<readonly unknown[]>>
> = {
  recallLayout: z.tuple([]),
  rememberLayout: z.tuple([LAYOUT]),
};
