// A structure in memory as a node of a tree: its bytes, who wrote them, and whether the SMMU has others.

import type { NodeDto } from '../protocol/inspect.ts';
import type { LayoutName } from '../smmu/spec/layouts.ts';
import { LAYOUTS } from '../smmu/spec/layouts.ts';
import type { InspectContext } from './context.ts';
import { LATEST, lastWriter, wordTexts } from './context.ts';

/** What a node shows of a structure in memory. */
export function structureNode(
  { index, staleCopy }: InspectContext,
  name: LayoutName,
  pa: number,
  head: Pick<NodeDto, 'id' | 'title' | 'text' | 'state' | 'hasChildren' | 'covers'>,
): NodeDto {
  const bytes = LAYOUTS[name].bits / 8;
  const writer = lastWriter(index, pa, bytes);
  const cached = staleCopy(pa);
  return {
    ...head,
    state: cached === undefined ? head.state : 'stale',
    pa: BigInt(pa),
    layout: name,
    words: wordTexts(index.wordsAt(pa, bytes / 4, LATEST)),
    ...(writer === undefined ? {} : { writer }),
    ...(cached === undefined ? {} : { cached: wordTexts(cached) }),
  };
}
