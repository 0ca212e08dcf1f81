// What the workbench remembers between two starts: window, layout, recent files, breakpoints. One JSON file,
// checked when read: a damaged one is put aside, never trusted and never silently overwritten.

import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './atomic-write.ts';
import { BREAKPOINT_SET } from './debug-checks.ts';
import { LAYOUT } from './remembered-checks.ts';

const BOUNDS = z.object({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(200),
  height: z.number().int().min(200),
});

const STATE = z.object({
  version: z.literal(1),
  window: z.object({ bounds: BOUNDS, maximized: z.boolean() }).optional(),
  /** Absolute paths, newest first. */
  recent: z.array(z.string()).default([]),
  /** A layout that cannot be read is no reason to forget the rest. */
  layout: LAYOUT.optional().catch(undefined),
  /** By path, or by name of an example. */
  breakpoints: z.record(z.string(), BREAKPOINT_SET).default({}),
});

/** Everything that is remembered. */
export type State = z.infer<typeof STATE>;

const FRESH: State = { version: 1, recent: [], breakpoints: {} };

/** Keeps the state in memory and writes it, one write at a time, whenever it changed. */
export class StateFile {
  readonly #path: string;
  #state: State;
  #writing: Promise<void> = Promise.resolve();

  /** Reads `path`; without a usable file the state is a fresh one. */
  constructor(path: string) {
    this.#path = path;
    this.#state = readState(path);
  }

  get state(): State {
    return this.#state;
  }

  /** Changes some of it; the result settles when the change is on the disk. */
  update(change: Partial<Omit<State, 'version'>>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Settles when everything is on the disk. */
  flush(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      await writeAtomically(this.#path, `${JSON.stringify(this.#state, undefined, 2)}\n`);
    } catch (error) {
      process.stderr.write(`substream: the state is not saved: ${String(error)}\n`);
    }
  }
}

function readState(path: string): State {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return FRESH;
  }
  const parsed = STATE.safeParse(parseJson(text));
  if (parsed.success) {
    return parsed.data;
  }
  renameSync(path, `${path}.damaged`);
  return FRESH;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
