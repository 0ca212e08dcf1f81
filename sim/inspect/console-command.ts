// What a command of the console is, and what it gets to answer from.

import type { TraceKind } from '../trace/kinds.ts';
import type { CacheContents } from './cache-contents.ts';
import type { InspectContext } from './context.ts';
import type { InterruptLog } from './interrupt-log.ts';
import type { KernelObjects } from './kernel-objects.ts';
import type { NewestRecords } from './newest-records.ts';

/** What the commands need beside the session. */
export interface ConsoleTools {
  readonly context: InspectContext;
  /** The caches as of now. */
  readonly caches: () => CacheContents;
  /** The newest commands, events and page requests as of now. */
  readonly queues: () => NewestRecords;
  /** The interrupts as of now. */
  readonly interrupts: () => InterruptLog;
  /** The kernel's objects as of now. */
  readonly objects: () => KernelObjects;
  /** Lines that explain an event; undefined when there is none of that number. */
  readonly explain: (number: number) => readonly string[] | undefined;
  readonly events: number;
}

/** Answers with lines; bad input throws BadArgument. */
export type Command = (tools: ConsoleTools, args: readonly string[]) => readonly string[];

/** One command. */
export interface ConsoleCommand {
  readonly usage: string;
  readonly help: string;
  /** What its answer rests on. */
  readonly needs: readonly TraceKind[];
  readonly run: Command;
}
