// A window opens where it was, unless no screen shows that place any more.

import { describe, expect, it } from 'vitest';
import { placeOf } from '../../main/window-place.ts';

const MAIN = { x: 0, y: 0, width: 1920, height: 1040 };
const RIGHT = { x: 1920, y: 0, width: 2560, height: 1400 };
const SMALL = { x: 0, y: 0, width: 1280, height: 760 };

const saved = (x: number, y: number, width: number, height: number) => ({
  bounds: { x, y, width, height },
  maximized: false,
});

describe('the place of the window', () => {
  it.each([
    ['at the first start', undefined, [MAIN], { width: 1440, height: 900 }],
    ['at the first start on a small screen', undefined, [SMALL], { width: 1280, height: 760 }],
    ['where it was', saved(50, 60, 1000, 700), [MAIN], { x: 50, y: 60, width: 1000, height: 700 }],
    [
      'on the other screen, as large as that one allows',
      saved(2000, 0, 2500, 1300),
      [MAIN, RIGHT],
      { x: 2000, y: 0, width: 2500, height: 1300 },
    ],
    [
      'on the main screen when the other one is gone',
      saved(2000, 0, 2500, 1300),
      [MAIN],
      { width: 1920, height: 1040 },
    ],
    [
      'a little off the edge',
      saved(-700, 100, 1000, 700),
      [MAIN],
      { x: -700, y: 100, width: 1000, height: 700 },
    ],
    ['too far off the edge', saved(-950, 100, 1000, 700), [MAIN], { width: 1000, height: 700 }],
    ['above every screen', saved(10, -300, 1000, 700), [MAIN], { width: 1000, height: 700 }],
    ['below every screen', saved(10, 1030, 1000, 700), [MAIN], { width: 1000, height: 700 }],
  ] as const)('is %s', (_what, window, areas, expected) => {
    expect(placeOf(window, [areas[0], ...areas.slice(1)])).toEqual(expected);
  });
});
