// Entry of scripts/bench-window.mjs: the Electron to measure, and what: all in so many rounds, only the
// steps of the debugger, only the views of the hardware, or so many kills.

import { killFigures } from './kills.ts';
import { measureSteps, measureViews, measureWindow } from './measure.ts';

const [electron = '', what = '7', count = '50'] = process.argv.slice(2);
const figures =
  what === 'steps'
    ? await measureSteps(electron)
    : what === 'views'
      ? await measureViews(electron)
      : what === 'kills'
        ? await killFigures(electron, Number(count))
        : await measureWindow(electron, Number(what));
console.log(JSON.stringify(figures, undefined, 2));
