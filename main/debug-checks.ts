// What the window may send to the debugger.

import { z } from 'zod';
import type { DebugApi } from '../sim/protocol/debug.ts';

const ID = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const LINE = z.number().int().min(1).max(10_000_000);
const EXPRESSION = z.string().max(100_000);
const NAME = z.string().min(1).max(1000);
const NOTHING = z.tuple([]);
const MOST = 10_000;

/** A set of breakpoints, also as it is remembered. */
export const BREAKPOINT_SET = z.strictObject({
  active: z.boolean(),
  lines: z
    .array(
      z.strictObject({
        id: ID,
        enabled: z.boolean(),
        line: LINE,
        column: LINE.optional(),
        condition: EXPRESSION.optional(),
        hitCondition: z.string().max(100).optional(),
        logMessage: EXPRESSION.optional(),
      }),
    )
    .max(MOST)
    .readonly(),
  functions: z
    .array(z.strictObject({ id: ID, enabled: z.boolean(), name: NAME }))
    .max(MOST)
    .readonly(),
  hardware: z
    .array(z.strictObject({ id: ID, enabled: z.boolean(), on: NAME }))
    .max(MOST)
    .readonly(),
  exceptions: z.strictObject({ caught: z.boolean(), uncaught: z.boolean() }),
});

/** Arguments of the debugger's calls; `request` is the schema of a run. */
export function debugArguments(
  request: z.ZodType,
): Readonly<Record<keyof DebugApi, z.ZodType<readonly unknown[]>>> {
  return {
    debugLaunch: z.tuple([
      z.strictObject({
        request,
        breakpoints: BREAKPOINT_SET,
        stopOnEntry: z.boolean().optional(),
      }),
    ]),
    debugRecall: NOTHING,
    debugRemember: z.tuple([z.string().min(1).max(4096), BREAKPOINT_SET]),
    debugSetBreakpoints: z.tuple([BREAKPOINT_SET]),
    debugContinue: NOTHING,
    debugNext: NOTHING,
    debugStepIn: NOTHING,
    debugStepOut: NOTHING,
    debugPause: NOTHING,
    debugRunTo: z.tuple([LINE]),
    debugStepHardware: z.tuple([z.enum(['command', 'fetch'])]),
    debugScopes: z.tuple([ID]),
    debugVariables: z.tuple([ID]),
    debugEvaluate: z.tuple([
      z.strictObject({
        expression: EXPRESSION,
        frame: ID.optional(),
        context: z.enum(['repl', 'watch', 'hover']),
      }),
    ]),
    debugSetVariable: z.tuple([
      z.strictObject({
        reference: ID,
        name: NAME,
        expression: EXPRESSION,
        frame: ID.optional(),
      }),
    ]),
  };
}
