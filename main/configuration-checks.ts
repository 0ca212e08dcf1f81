// What the window may say about settings and keys.

import { z } from 'zod';
import type { ConfigurationApi } from '../sim/protocol/configuration.ts';

const KEY = z.string().min(1).max(100);

/** The arguments of every call. */
export const CONFIGURATION_ARGUMENTS: Readonly<
  Record<keyof ConfigurationApi, z.ZodType<readonly unknown[]>>
> = {
  configuration: z.tuple([]),
  openUserFile: z.tuple([z.enum(['settings.json', 'keybindings.json'])]),
  setKeys: z.tuple([
    z.string().min(1).max(100),
    z.union([z.literal('default'), z.array(KEY).max(20)]),
  ]),
};
