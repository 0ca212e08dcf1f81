// What of its addresses a domain maps, as bars with the gaps between them. Lengths are logarithmic: a page
// beside a gigabyte can still be seen. The list below says the same and has the keyboard.

import type { HTMLAttributes, ReactElement } from 'react';
import type { IovaMapDto } from '../../sim/protocol/inspect.ts';
import { classes } from '../base/dom.ts';
import { groupedHex } from './memory-view.ts';

type Bar = IovaMapDto['bars'][number];

/** The bars. */
export function IovaBars(props: {
  readonly bars: readonly Bar[];
  readonly selected: number;
  readonly select: (range: number) => void;
}): ReactElement | null {
  const { bars, selected, select } = props;
  const first = bars[0];
  const last = bars.at(-1);
  if (first === undefined || last === undefined) {
    return null;
  }
  const ends = `${groupedHex(first.iova)} to ${groupedHex(last.iova + last.size - 1n)}`;
  return (
    <div
      className="iova-bars"
      role="img"
      aria-label={`Map: ${bars.length} stretches with gaps between, from ${ends}`}
    >
      {bars.map((bar, at) => {
        const before = bars[at - 1];
        const gap = before === undefined ? 0n : bar.iova - before.iova - before.size;
        const holds = selected >= bar.first && selected < bar.first + bar.ranges;
        const attributes: HTMLAttributes<HTMLSpanElement> = {
          className: classes('iova-bar', holds && 'is-selected'),
          style: { flexGrow: weight(bar.size) },
          title: `${groupedHex(bar.iova)} to ${groupedHex(bar.iova + bar.size - 1n)}, ${bar.ranges} ranges`,
          onClick: () => select(bar.first),
        };
        return [
          gap === 0n ? null : (
            <span
              key={`gap ${bar.iova}`}
              className="iova-gap"
              style={{ flexGrow: weight(gap) / 2 }}
            />
          ),
          <span key={String(bar.iova)} {...attributes} />,
        ];
      })}
    </div>
  );
}

/** Bits of the size: at least those of a page. */
function weight(size: bigint): number {
  return Math.max(1, size.toString(2).length - 11);
}
