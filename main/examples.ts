// The gallery: scripts of the examples folder. Their first comment lines are title and summary.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ExampleInfo, FileText } from '../sim/protocol/api.ts';
import { FileError, readTextFile } from './text-file.ts';

/** The example that a first start shows. */
const FIRST = 'aux-domains.ts';
const SCRIPT = /^[\w-]+[.]ts$/;

/** Reads the examples of one folder. */
export class Examples {
  readonly #folder: string;

  /** @param folder absolute path */
  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  /** All examples, the first one first, the others by name. */
  async list(): Promise<readonly ExampleInfo[]> {
    const entries = await readdir(this.#folder).catch(() => []);
    const names = entries.filter((name) => SCRIPT.test(name)).sort(firstFirst);
    return Promise.all(names.map(async (name) => describe(name, (await this.open(name)).text)));
  }

  /** @throws FileError when there is no such example */
  async open(name: string): Promise<FileText> {
    if (!SCRIPT.test(name)) {
      throw new FileError('open', name, 'there is no such example');
    }
    return { name, text: await readTextFile(join(this.#folder, name)) };
  }

  /** Name of the example that `path` is, so that nobody edits the gallery in place. */
  nameOf(path: string): string | undefined {
    const name = basename(path);
    return resolve(dirname(path)) === this.#folder && SCRIPT.test(name) ? name : undefined;
  }

  /** The example that a start without files shows, if there is any. */
  async first(): Promise<FileText | undefined> {
    const [first] = await this.list();
    return first === undefined ? undefined : this.open(first.name);
  }
}

function firstFirst(a: string, b: string): number {
  return Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1);
}

/** Title: the first comment line. Summary: the comment lines after it, up to the first other line. */
export function describe(name: string, text: string): ExampleInfo {
  const comments: string[] = [];
  for (const line of text.split('\n')) {
    const comment = /^\/\/ ?(.*)$/.exec(line.trim())?.[1];
    if (comment === undefined) {
      break;
    }
    comments.push(comment.trim());
  }
  const [title, ...rest] = comments;
  return { name, title: title || name.replace(/[.]ts$/, ''), summary: rest.join(' ').trim() };
}
