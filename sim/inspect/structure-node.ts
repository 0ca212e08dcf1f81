// A structure in memory as a node of a tree: its bytes, who wrote them, and whether the SMMU has others.

import type { NodeDto } from '../protocol/inspect.ts';
import type { LayoutName } from '../smmu/spec/layouts.ts';
import { LAYOUTS } from '../smmu/spec/layouts.ts';
import type { InspectContext } from './context.ts';
import { LATEST, lastWriter, wordTexts } from './context.ts';

/** What a node shows of a structure in memory. */
export function structureNode(
  { index }: InspectContext,
  name: LayoutName,
  pa: number,
  head: Pick<NodeDto, 'id' | 'title' | 'text' | 'state' | 'hasChildren' | 'covers'>,
): NodeDto {
  const layout = LAYOUTS[name];
  const bytes = layout.bits / 8;
  const words = index.wordsAt(pa, bytes / 4, LATEST);
  const writer = lastWriter(index, pa, bytes);
  const fetched = index.fetches.newest(pa);
  const cached = fetched === 0 ? words : index.wordsAt(pa, bytes / 4, fetched);
  const changed = cached.some((word, at) => word !== words[at]);
  const descriptor = layout.bits === 64 && name !== 'L1STD' && name !== 'L1CD';
  const invalidated = index.lastInvalidation(descriptor ? 'translation' : 'configuration');
  const since = Math.max(...index.writersOf(pa, bytes, LATEST), 0);
  const stale = changed && invalidated < since;
  return {
    ...head,
    state: stale ? 'stale' : head.state,
    pa: BigInt(pa),
    layout: name,
    words: wordTexts(words),
    ...(writer === undefined ? {} : { writer }),
    ...(stale ? { cached: wordTexts(cached) } : {}),
  };
}
