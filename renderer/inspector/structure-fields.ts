// The fields of a structure out of its words: decoded here, and only for what is looked at.

import { halvesOf } from '../../sim/base/hex.ts';
import type { FieldDto, NodeDto } from '../../sim/protocol/inspect.ts';
import { LAYOUTS } from '../../sim/smmu/spec/layouts.ts';

/** All fields; none of a group. */
export function fieldsOf({ layout, words }: NodeDto): readonly FieldDto[] {
  return layout === undefined ? [] : LAYOUTS[layout].describe(halvesOf(words));
}

/** The manual's section of a structure's layout. */
export function sectionOf({ layout }: NodeDto): string | undefined {
  return layout === undefined ? undefined : LAYOUTS[layout].section;
}
