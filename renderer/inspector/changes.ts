// What differs between two answers to the same question. Marks stay until something else changes, so that
// a refresh without news does not wipe them away.

import type { FieldDto } from '../../sim/protocol/inspect.ts';

/** Something with fields: a structure or a register. */
export interface Fielded {
  readonly fields: readonly FieldDto[];
}

/** What changed of one thing: the text before by the field's name; `new` when it was not there. */
export interface Change {
  readonly kind: 'changed' | 'new';
  readonly before: ReadonlyMap<string, string>;
}

const NEW: Change = { kind: 'new', before: new Map() };

/** Fields of `after` that read otherwise in `before`, with the text they had. */
export function changedFields(before: Fielded, after: Fielded): ReadonlyMap<string, string> {
  const old = new Map(before.fields.map(({ name, text }) => [name, text]));
  const changed = new Map<string, string>();
  for (const { name, text } of after.fields) {
    const was = old.get(name);
    if (was !== undefined && was !== text) {
      changed.set(name, was);
    }
  }
  return changed;
}

/**
 * Changes by key from one answer to the next.
 *
 * @param before undefined for the first answer: nothing is marked then
 * @param same whether two things under one key read the same
 */
export function changesBetween<T extends Fielded>(
  before: ReadonlyMap<string, T> | undefined,
  after: ReadonlyMap<string, T>,
  same: (a: T, b: T) => boolean,
): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  if (before === undefined) {
    return changes;
  }
  for (const [key, value] of after) {
    const was = before.get(key);
    if (was === undefined) {
      changes.set(key, NEW);
    } else if (!same(was, value)) {
      changes.set(key, { kind: 'changed', before: changedFields(was, value) });
    }
  }
  return changes;
}

/** The marks to show after an answer: the new ones, or the old ones when nothing changed. */
export function keepMarks(
  old: ReadonlyMap<string, Change>,
  next: ReadonlyMap<string, Change>,
): ReadonlyMap<string, Change> {
  return next.size === 0 ? old : next;
}
