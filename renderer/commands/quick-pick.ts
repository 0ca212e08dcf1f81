// Asking for one of a list, or a yes or no: what the palette, the pickers and the close question share.

import { Store } from '../base/store.ts';

/** One line of a list. */
export interface PickItem<T> {
  readonly label: string;
  readonly detail?: string;
  /** Shown at the right, e.g. a key. */
  readonly hint?: string;
  readonly value: T;
}

/** A list that is shown now. */
export interface PickRequest {
  readonly placeholder: string;
  readonly items: readonly PickItem<unknown>[];
  /** Several can be chosen: indexes in `items` of those that are at first. */
  readonly checked?: readonly number[];
  /** Indexes in `items`; undefined when cancelled. */
  readonly done: (chosen: readonly number[] | undefined) => void;
}

/** A question that is shown now; the first answer is the default, Escape is the last. */
export interface AskRequest {
  readonly message: string;
  readonly detail: string;
  readonly answers: readonly string[];
  readonly done: (answer: string) => void;
}

/** What a person answers who is asked for a key: other keys, the default ones, or nothing. */
export type KeyAnswer = readonly string[] | 'default' | undefined;

/** A key that is asked for now. */
export interface KeyRequest {
  /** Title of the command. */
  readonly command: string;
  /** What it has now. */
  readonly keys: readonly string[];
  /** Titles of other commands that a key runs. */
  readonly others: (key: string) => readonly string[];
  readonly done: (answer: KeyAnswer) => void;
}

/** Shows lists and questions, one at a time: a new one cancels the one before. */
export class Prompts {
  readonly pick = new Store<PickRequest | undefined>(undefined);
  readonly ask = new Store<AskRequest | undefined>(undefined);
  readonly keyRequest = new Store<KeyRequest | undefined>(undefined);

  /** Something must be answered first, so keys mean no commands. */
  get isAsking(): boolean {
    return this.ask.value !== undefined || this.keyRequest.value !== undefined;
  }

  /** Lets a person choose; undefined when cancelled. */
  async choose<T>(placeholder: string, items: readonly PickItem<T>[]): Promise<T | undefined> {
    const [index = -1] = (await this.#show({ placeholder, items })) ?? [];
    return items[index]?.value;
  }

  /** Lets a person choose several, none included; undefined when cancelled. */
  async chooseMany<T>(
    placeholder: string,
    items: readonly PickItem<T>[],
    chosen: readonly T[],
  ): Promise<readonly T[] | undefined> {
    const checked = items.flatMap(({ value }, at) => (chosen.includes(value) ? [at] : []));
    const answer = await this.#show({ placeholder, items, checked });
    return answer && items.filter((_item, at) => answer.includes(at)).map(({ value }) => value);
  }

  #show(request: Omit<PickRequest, 'done'>): Promise<readonly number[] | undefined> {
    this.pick.value?.done(undefined);
    return new Promise((resolve) => {
      this.pick.set({
        ...request,
        done: (chosen) => {
          this.pick.set(undefined);
          resolve(chosen);
        },
      });
    });
  }

  /** Lets a person press a key. */
  key(given: Omit<KeyRequest, 'done'>): Promise<KeyAnswer> {
    this.keyRequest.value?.done(undefined);
    return new Promise((resolve) => {
      this.keyRequest.set({
        ...given,
        done: (answer) => {
          this.keyRequest.set(undefined);
          resolve(answer);
        },
      });
    });
  }

  /** Lets a person answer; the last answer is the one of Escape. */
  question(message: string, detail: string, answers: readonly string[]): Promise<string> {
    const before = this.ask.value;
    before?.done(before.answers.at(-1) ?? '');
    return new Promise((resolve) => {
      this.ask.set({
        message,
        detail,
        answers,
        done: (answer) => {
          this.ask.set(undefined);
          resolve(answer);
        },
      });
    });
  }
}

/** The items whose label or detail holds the letters of `query` in order, the best first. */
export function filterItems<T>(
  items: readonly PickItem<T>[],
  query: string,
): readonly PickItem<T>[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') {
    return items;
  }
  return items
    .map((item, index) => ({ item, index, score: scoreOf(item, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ item }) => item);
}

/** 3 starts a word of the label, 2 within it, 1 letters in order or in the detail, 0 not at all. */
function scoreOf(item: PickItem<unknown>, wanted: string): number {
  const label = item.label.toLowerCase();
  const at = label.indexOf(wanted);
  if (at >= 0) {
    return at === 0 || /\W/.test(label[at - 1] ?? '') ? 3 : 2;
  }
  const detail = item.detail?.toLowerCase() ?? '';
  return detail.includes(wanted) || hasInOrder(label, wanted) ? 1 : 0;
}

function hasInOrder(text: string, letters: string): boolean {
  let from = 0;
  for (const letter of letters.replaceAll(' ', '')) {
    const at = text.indexOf(letter, from);
    if (at < 0) {
      return false;
    }
    from = at + 1;
  }
  return true;
}
