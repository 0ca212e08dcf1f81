// What the console has been told, kept apart from the terminal that shows it, so that a filter can show
// other lines of it. As much is kept as the terminal scrolls back.

import type { OutputRecord } from '../../sim/protocol/api.ts';
import { consoleLines } from '../../sim/protocol/console-text.ts';

/** Where a line comes from: the log, the SMMU's events, the model's warnings, runs, the prompt. */
export type ConsoleSource = 'log' | 'event' | 'warn' | 'run' | 'prompt';

/** One entry; `text` may have several lines and colours. */
export interface ConsoleEntry {
  readonly text: string;
  readonly source: ConsoleSource;
  /** As printk: 0 emerg to 7 debug. Lines that are no log count as what they tell. */
  readonly level: number;
  /** StreamID of an event. */
  readonly sid?: number;
  /** The line as dmesg has it; only of the log. */
  readonly dmesg?: string;
}

/** What to show. Lines about runs and of the prompt are always shown. */
export interface ConsoleFilter {
  /** The least severe printk level that is shown. */
  readonly level: number;
  readonly source: 'all' | 'log' | 'event' | 'warn';
  /** Only events of this StreamID. */
  readonly sid?: number;
}

/** Shows everything. */
export const SHOW_ALL: ConsoleFilter = { level: 7, source: 'all' };

/** printk levels, for people; all up to the chosen one are shown. */
export const LEVELS: readonly { readonly level: number; readonly name: string }[] = [
  { level: 7, name: 'all levels' },
  { level: 6, name: 'info and worse' },
  { level: 5, name: 'notice and worse' },
  { level: 4, name: 'warnings and errors' },
  { level: 3, name: 'errors only' },
];

const LEVEL_ERROR = 3;
const LEVEL_WARNING = 4;

/** The entry of an output record; `text` is how the console shows it. */
export function entryOf(record: OutputRecord, text: string): ConsoleEntry {
  switch (record.type) {
    case 'log':
      return {
        text,
        source: 'log',
        level: record.level,
        dmesg: consoleLines(record).join('\n'),
      };
    case 'event':
      return { text, source: 'event', level: LEVEL_ERROR, sid: record.event.sid };
    case 'warn':
      return { text, source: 'warn', level: LEVEL_WARNING };
    case 'result':
      return { text, source: 'run', level: 0 };
  }
}

/** Whether a filter lets an entry through. */
export function isShown(entry: ConsoleEntry, { level, source, sid }: ConsoleFilter): boolean {
  if (entry.source === 'run' || entry.source === 'prompt') {
    return true;
  }
  if (sid !== undefined) {
    return entry.sid === sid;
  }
  return (source === 'all' || entry.source === source) && entry.level <= level;
}

/** The newest entries. */
export class ConsoleLog {
  /** Entries that are kept. */
  limit: number;
  #entries: ConsoleEntry[] = [];
  readonly #sids = new Set<number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get entries(): readonly ConsoleEntry[] {
    return this.#entries;
  }

  /** StreamIDs of events since the last clear, ascending. */
  get sids(): readonly number[] {
    return [...this.#sids].sort((a, b) => a - b);
  }

  add(entries: readonly ConsoleEntry[]): void {
    for (const entry of entries) {
      this.#entries.push(entry);
      if (entry.sid !== undefined) {
        this.#sids.add(entry.sid);
      }
    }
    if (this.#entries.length > 2 * this.limit) {
      this.#entries = this.#entries.slice(-this.limit);
    }
  }

  clear(): void {
    this.#entries = [];
    this.#sids.clear();
  }

  /** The kernel's log as dmesg prints it: no events of ours, no colours. */
  dmesg(): string {
    const lines = this.#entries.flatMap(({ dmesg }) => (dmesg === undefined ? [] : [dmesg]));
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }
}
