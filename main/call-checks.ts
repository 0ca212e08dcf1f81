// What the window sends is checked before anything acts on it: the page is the one place where foreign
// text lives, so its messages are foreign too.

import { z } from 'zod';
import type { WorkbenchApi } from '../sim/protocol/api.ts';
import { BACKUPS_ARGUMENTS } from './backups-checks.ts';
import { CONFIGURATION_ARGUMENTS } from './configuration-checks.ts';
import { debugArguments } from './debug-checks.ts';
import { REMEMBERED_ARGUMENTS } from './remembered-checks.ts';
import { SESSIONS_ARGUMENTS } from './sessions-checks.ts';

const NAME = z.string().min(1).max(255);
const PATH = z.string().min(1).max(4096);
const TEXT = z.string().max(8 * 2 ** 20);
const NOTHING = z.tuple([]);

const RUN_REQUEST = z.strictObject({
  file: NAME,
  text: TEXT,
  profile: z.enum(['seed18', 'attr19']).optional(),
  seed: z.number().int().min(0).max(0xffff_ffff).optional(),
  timeLimit: z.number().positive().optional(),
  failNth: z.number().int().positive().optional(),
  omit: z.array(NAME).max(64).optional(),
});

const INSPECT_REQUEST = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tables'),
    node: z.string().max(200).optional(),
    also: z.array(z.string().max(200)).max(1000).optional(),
  }),
  z.strictObject({
    kind: z.literal('tablePath'),
    sid: z.number().int().min(0).max(0xffff_ffff),
    ssid: z.number().int().min(0).max(0xf_ffff).optional(),
  }),
  z.strictObject({ kind: z.literal('registers') }),
  z.strictObject({ kind: z.literal('queues') }),
  z.strictObject({
    kind: z.literal('caches'),
    cache: z.enum(['STE', 'CD', 'TLB', 'walk', 'ATC', 'L1STD', 'L1CD']).optional(),
    filter: z.string().max(1000),
    from: z.number().int().nonnegative(),
    count: z.number().int().nonnegative().max(1000),
  }),
  z.strictObject({
    kind: z.literal('software'),
    of: z.enum(['devices', 'groups', 'domains', 'pasids', 'bonds', 'mdevs']),
    from: z.number().int().nonnegative(),
    count: z.number().int().nonnegative(),
    around: z.string().max(300).optional(),
  }),
  z.strictObject({
    kind: z.literal('iovaMap'),
    domain: z.number().int().nonnegative(),
    from: z.number().int().nonnegative(),
    count: z.number().int().nonnegative(),
  }),
  z.strictObject({ kind: z.literal('topology') }),
  z.strictObject({ kind: z.literal('interrupts') }),
  z.strictObject({ kind: z.literal('interrupt'), record: z.number().int().positive() }),
  z.strictObject({ kind: z.literal('cacheEntry'), id: z.string().max(40) }),
  z.strictObject({ kind: z.literal('explain'), event: z.number().int().positive().optional() }),
  z.strictObject({
    kind: z.literal('memory'),
    pa: z.bigint().nonnegative(),
    words: z.number().int().min(1).max(4096),
  }),
  z.strictObject({ kind: z.literal('command'), text: z.string().max(1000) }),
]);

/** The arguments of every call. */
const ARGUMENTS: Readonly<Record<keyof WorkbenchApi, z.ZodType<readonly unknown[]>>> = {
  examples: NOTHING,
  openExample: z.tuple([NAME]),
  openDialog: NOTHING,
  openFile: z.tuple([PATH]),
  saveFile: z.tuple([
    z.strictObject({
      path: PATH.optional(),
      name: NAME,
      text: TEXT,
      overwrite: z.boolean().optional(),
    }),
  ]),
  recentFiles: NOTHING,
  initialFiles: NOTHING,
  setDirty: z.tuple([z.array(NAME).max(10_000)]),
  run: z.tuple([RUN_REQUEST]),
  ...debugArguments(RUN_REQUEST),
  ...SESSIONS_ARGUMENTS,
  ...BACKUPS_ARGUMENTS,
  ...CONFIGURATION_ARGUMENTS,
  ...REMEMBERED_ARGUMENTS,
  stop: NOTHING,
  inspect: z.tuple([INSPECT_REQUEST]),
  getTheme: NOTHING,
  setTheme: z.tuple([z.enum(['dark', 'light', 'contrast', 'system'])]),
};

/** The arguments of `call` as they may be used. @throws TypeError naming the call and what is wrong */
export function checkCall(call: string, args: readonly unknown[]): readonly unknown[] {
  const schema = Object.hasOwn(ARGUMENTS, call) ? ARGUMENTS[call as keyof WorkbenchApi] : undefined;
  const checked = schema?.safeParse(args);
  if (checked?.success !== true) {
    const issue = checked?.error.issues[0];
    throw new TypeError(
      `${call}: argument ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no such call'}`,
    );
  }
  return checked.data;
}
