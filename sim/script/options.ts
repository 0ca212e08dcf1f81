// Options objects of the machine's functions: unknown names and wrong values are errors that say so.

import { hex } from '../base/hex.ts';
import { ApiError } from './api-error.ts';

/** Reads the options of one call; call {@link done} at the end. */
export class Options {
  readonly #where: string;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #known: string[] = [];

  /** @param given the options as the kernel's side has them; undefined and null for none */
  constructor(where: string, given: unknown) {
    this.#where = where;
    this.#given = (given ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** A whole number from `least` to `most`. */
  number(name: string, least: number, most: number): number | undefined {
    const value = this.#take(name);
    if (value === undefined) {
      return undefined;
    }
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      throw this.#wrong(name, `a whole number from ${hex(least)} to ${hex(most)}`, value);
    }
    return value as number;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#take(name);
    if (value !== undefined && typeof value !== 'boolean') {
      throw this.#wrong(name, 'true or false', value);
    }
    return value;
  }

  string(name: string): string | undefined {
    const value = this.#take(name);
    if (value !== undefined && typeof value !== 'string') {
      throw this.#wrong(name, 'a string', value);
    }
    return value;
  }

  /** A list of whole numbers from 0 to `most`. */
  numbers(name: string, most: number): readonly number[] | undefined {
    const value = this.#take(name);
    if (value === undefined) {
      return undefined;
    }
    const fits = (item: unknown): boolean =>
      Number.isSafeInteger(item) && (item as number) >= 0 && (item as number) <= most;
    if (!Array.isArray(value) || value.length === 0 || !value.every(fits)) {
      throw this.#wrong(name, `a list of whole numbers from 0 to ${hex(most)}`, value);
    }
    return value as number[];
  }

  /** One of a few words. */
  word<const W extends string>(name: string, words: readonly W[]): W | undefined {
    const value = this.#take(name);
    if (value !== undefined && !(words as readonly unknown[]).includes(value)) {
      throw this.#wrong(name, words.map((word) => `'${word}'`).join(' or '), value);
    }
    return value as W | undefined;
  }

  /** A table of further options, as it is. */
  table(name: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.#take(name);
    if (value !== undefined && (typeof value !== 'object' || value === null)) {
      throw this.#wrong(name, 'an object', value);
    }
    return value as Readonly<Record<string, unknown>> | undefined;
  }

  /** @throws ApiError when an option was given that nobody asked for */
  done(): void {
    const stray = Object.keys(this.#given).find((name) => !this.#known.includes(name));
    if (stray !== undefined) {
      const known = this.#known.join(', ');
      throw new ApiError('TypeError', `${this.#where}: no option ${stray} (there is: ${known})`);
    }
  }

  #take(name: string): unknown {
    this.#known.push(name);
    const value = this.#given[name];
    return value === null ? undefined : value;
  }

  #wrong(name: string, wanted: string, value: unknown): ApiError {
    const shown =
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
        ? `${value} (${hex(value)})`
        : typeof value === 'string'
          ? JSON.stringify(value)
          : Array.isArray(value)
            ? `[${value.join(', ')}]`
            : String(value);
    return new ApiError('TypeError', `${this.#where}: ${name} must be ${wanted}, got ${shown}`);
  }
}
