// A JSON file that a person writes: comments and trailing commas are allowed, it is read again whenever it
// changes on the disk, and as long as it cannot be read the last good value stays.

import { mkdirSync, readFileSync, unwatchFile, watch, watchFile } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Node, ParseError } from 'jsonc-parser';
import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Disposable } from '../sim/base/disposable.ts';
import { toDisposable } from '../sim/base/disposable.ts';
import { Emitter } from '../sim/base/emitter.ts';
import { writeAtomically } from './atomic-write.ts';
import type { Change } from './json-edit.ts';
import { changeJson, PARSING } from './json-edit.ts';

/** An editor may need a moment between emptying a file and filling it. */
const SETTLE_MS = 100;
const POLL_MS = 1000;

/** What a file's value means, and what in it means nothing. */
export interface Reading<T> {
  readonly value: T;
  readonly problems: readonly {
    readonly path: readonly (string | number)[];
    readonly message: string;
  }[];
}

/** What a file holds, by kind. */
export interface UserFileOptions<T> {
  readonly path: string;
  /** Its text when a person opens it for the first time. */
  readonly starter: string;
  /** Tells what the root value means; throws for a value of another kind. */
  readonly read: (root: unknown) => Reading<T>;
  /** The root of an empty file. */
  readonly empty: unknown;
}

/** One file and what it means. */
export class UserFile<T> implements Disposable {
  readonly #options: UserFileOptions<T>;
  readonly #changed = new Emitter<void>();
  readonly #following: Disposable;
  #text: string | undefined;
  #value: T;
  #problems: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** The value or the problems are others than before. */
  readonly onDidChange = this.#changed.event;

  /** Reads the file, if it is there, and follows it. Its folder is made. */
  constructor(options: UserFileOptions<T>) {
    this.#options = options;
    this.#value = options.read(options.empty).value;
    const folder = dirname(options.path);
    mkdirSync(folder, { recursive: true });
    this.#load();
    this.#following = follow(options.path, () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#reload(), SETTLE_MS);
    });
  }

  get path(): string {
    return this.#options.path;
  }

  /** What the last readable text meant. */
  get value(): T {
    return this.#value;
  }

  /** What is wrong now, as `settings.json:3:14: comma expected`. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Writes the starter if there is no file. */
  async ensure(): Promise<void> {
    if (this.#text === undefined) {
      await this.#write(() => this.#options.starter);
    }
  }

  /**
   * Makes changes one after the other; comments and all other text stay.
   *
   * @param changes gets the root value and tells what to set where
   * @throws Error when the file cannot be read as it is, with nothing changed
   */
  change(changes: (root: unknown) => readonly Change[]): Promise<void> {
    return this.#write((before) => {
      const text = before.trim() === '' ? this.#options.starter : before;
      const problem = syntaxProblem(text);
      if (problem !== undefined) {
        throw new Error(
          `${this.#place(text, problem.offset)}: ${problem.words}; nothing is changed`,
        );
      }
      const root = parseTree(text, [], PARSING);
      const steps = changes(root === undefined ? this.#options.empty : getNodeValue(root));
      return steps.reduce(changeJson, text);
    });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#following.dispose();
  }

  /** One change after the other, each on the text that is on the disk then. */
  #write(change: (text: string) => string): Promise<void> {
    const done = this.#writing.then(async () => {
      this.#reload();
      const text = change(this.#text ?? '');
      if (text !== this.#text) {
        await writeAtomically(this.path, text);
      }
      this.#reload();
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }

  #reload(): void {
    if (this.#load()) {
      this.#changed.fire();
    }
  }

  /** Says whether the text is another than before. */
  #load(): boolean {
    const before = this.#text;
    const problemsBefore = this.#problems;
    try {
      this.#text = readFileSync(this.path, 'utf8');
    } catch (error) {
      this.#text = undefined;
      if (isMissing(error)) {
        this.#take(this.#options.read(this.#options.empty), '');
      } else {
        this.#problems = [`${basename(this.path)}: ${String(error)}`];
      }
      return before !== undefined || problemsBefore.length !== this.#problems.length;
    }
    if (this.#text === before) {
      return false;
    }
    this.#parse(this.#text);
    return true;
  }

  #parse(text: string): void {
    if (text.trim() === '') {
      this.#take(this.#options.read(this.#options.empty), text);
      return;
    }
    const problem = syntaxProblem(text);
    if (problem !== undefined) {
      const place = this.#place(text, problem.offset);
      this.#problems = [`${place}: ${problem.words}; what was read before stays`];
      return;
    }
    try {
      const root = parseTree(text, [], PARSING);
      this.#take(
        this.#options.read(root === undefined ? undefined : getNodeValue(root)),
        text,
        root,
      );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#problems = [`${this.#place(text, 0)}: ${message}; what was read before stays`];
    }
  }

  #take({ value, problems }: Reading<T>, text: string, root?: Node): void {
    this.#value = value;
    this.#problems = problems.map(({ path, message }) => {
      const node = root === undefined ? undefined : findNodeAtLocation(root, [...path]);
      return `${this.#place(text, node?.offset ?? 0)}: ${message}`;
    });
  }

  /** `settings.json:3:14` of an offset. */
  #place(text: string, offset: number): string {
    const before = text.slice(0, offset).split('\n');
    return `${basename(this.path)}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  }
}

/** The first place where a text is no JSON with comments, in words: `comma expected`. */
function syntaxProblem(
  text: string,
): { readonly offset: number; readonly words: string } | undefined {
  const errors: ParseError[] = [];
  parseTree(text, errors, PARSING);
  const [first] = errors;
  if (first === undefined) {
    return undefined;
  }
  const words = printParseErrorCode(first.error)
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase();
  return { offset: first.offset, words };
}

/** Tells of changes of a file, which need not be there. Where the system has no watches left it is polled. */
function follow(path: string, changed: () => void): Disposable {
  try {
    // The folder, since an editor may replace the file by another one of its name.
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(path)) {
        changed();
      }
    });
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  } catch {
    watchFile(path, { persistent: false, interval: POLL_MS }, changed);
    return toDisposable(() => unwatchFile(path, changed));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
