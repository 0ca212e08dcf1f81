// The arguments of the calls about backups, checked as everything that the window sends.

import { z } from 'zod';
import type { BackupsApi } from '../sim/protocol/backups.ts';

const BACKUP = z.strictObject({
  key: z.uuid(),
  name: z.string().min(1).max(255),
  path: z.string().min(1).max(4096).optional(),
  example: z.boolean().optional(),
  text: z.string().max(8 * 2 ** 20),
});

/** By call. */
export const BACKUPS_ARGUMENTS: Readonly<Record<keyof BackupsApi, z.ZodType<readonly unknown[]>>> =
  {
    keepBackup: z.tuple([BACKUP]),
    dropBackup: z.tuple([z.uuid()]),
    restoreBackups: z.tuple([]),
    unsavedKept: z.tuple([z.boolean()]),
  };
