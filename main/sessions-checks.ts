// What the window may ask about recorded sessions.

import { z } from 'zod';
import type { SessionsApi } from '../sim/protocol/sessions.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const WHOLE = z.number().int().min(0).max(MOST);
const POSITION = z.number().min(0).max(MOST);
const NAME = z.string().min(1).max(64);

const FILTER = z.strictObject({
  kinds: z.array(NAME).max(64).optional(),
  stream: z.number().int().min(1).max(255).optional(),
});

const TRACE_REQUEST = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('head'), filter: FILTER }),
  z.strictObject({
    kind: z.literal('list'),
    from: WHOLE,
    count: z.number().int().min(0).max(500),
    filter: FILTER,
  }),
  z.strictObject({
    kind: z.literal('lanes'),
    from: POSITION,
    to: POSITION,
    width: z.number().int().min(1).max(8192),
    filter: FILTER,
  }),
  z.strictObject({ kind: z.literal('chain'), id: WHOLE, filter: FILTER }),
  z.strictObject({
    kind: z.literal('find'),
    text: z.string().max(1000),
    from: WHOLE,
    backwards: z.boolean(),
    filter: FILTER,
  }),
  z.strictObject({ kind: z.literal('place'), id: WHOLE, filter: FILTER }),
  z.strictObject({ kind: z.literal('event'), number: WHOLE }),
]);

/** The arguments of every call. */
export const SESSIONS_ARGUMENTS: Readonly<
  Record<keyof SessionsApi, z.ZodType<readonly unknown[]>>
> = {
  trace: z.tuple([TRACE_REQUEST]),
  sessionConsole: z.tuple([NAME]),
  showSession: z.tuple([NAME]),
  saveTrace: z.tuple([]),
  exportFormats: z.tuple([]),
  exportSession: z.tuple([NAME]),
  compareSession: z.tuple([]),
  associate: z.tuple([z.boolean()]),
  cancelTask: z.tuple([WHOLE]),
};
