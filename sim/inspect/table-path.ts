// The way through the tree of structures to one STE or CD.

import type { NodeDto } from '../protocol/inspect.ts';
import type { InspectContext } from './context.ts';
import { tableNodes } from './tables.ts';

/**
 * Ids of the nodes that lead to a CD, or without `ssid` to an STE, from the top; as far as there are any.
 * The last one is what was asked for when it exists.
 */
export function pathTo(context: InspectContext, sid: number, ssid?: number): string[] {
  const path: string[] = [];
  let nodes = tableNodes(context);
  for (;;) {
    const inStream = path.some((id) => id.startsWith('ste:'));
    const wanted = inStream ? ssid : sid;
    const next = wanted === undefined ? undefined : nodes.find((node) => leadsTo(node, wanted));
    if (next === undefined) {
      return path;
    }
    path.push(next.id);
    if (next.id.startsWith('cd:')) {
      return path;
    }
    nodes = tableNodes(context, next.id);
  }
}

/** True for the node of a StreamID or SubstreamID, or of a stretch of them that it is in. */
function leadsTo({ id, covers }: NodeDto, wanted: number): boolean {
  if (covers !== undefined) {
    return wanted >= covers.first && wanted <= covers.last;
  }
  const [kind, sid, ssid] = id.split(':');
  return kind === 'ste' ? Number(sid) === wanted : kind === 'cd' && Number(ssid) === wanted;
}
