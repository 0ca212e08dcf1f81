// Where the window opens: where it was, as far as a screen still shows it.

import type { Rectangle } from 'electron';
import type { State } from './state-file.ts';

const FIRST_SIZE = { width: 1440, height: 900 };
/** So much of the window's top must be on a screen for a person to drag it. */
const GRIP = { width: 100, height: 50 };
/** A title bar may begin a little above what a screen offers. */
const ABOVE = 20;

/** Size, and place where one is known, of the next window. */
export interface WindowPlace {
  readonly width: number;
  readonly height: number;
  readonly x?: number;
  readonly y?: number;
}

/**
 * @param saved bounds of last time
 * @param areas what each screen offers, the main one first; in the same pixels
 */
export function placeOf(
  saved: State['window'],
  areas: readonly [Rectangle, ...Rectangle[]],
): WindowPlace {
  const { x, y, width, height } = { ...FIRST_SIZE, ...saved?.bounds };
  const shows = (area: Rectangle): boolean =>
    x !== undefined &&
    y !== undefined &&
    x < area.x + area.width - GRIP.width &&
    x + width > area.x + GRIP.width &&
    y >= area.y - ABOVE &&
    y < area.y + area.height - GRIP.height;
  const area = areas.find(shows);
  const { width: mostWidth, height: mostHeight } = area ?? areas[0];
  const size = { width: Math.min(width, mostWidth), height: Math.min(height, mostHeight) };
  return area === undefined || x === undefined || y === undefined ? size : { ...size, x, y };
}
