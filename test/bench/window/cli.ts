// Entry of scripts/bench-window.mjs: the Electron to measure, and how often, or that only steps count.

import { measureSteps, measureWindow } from './measure.ts';

const [electron = '', rounds = '7'] = process.argv.slice(2);
const figures =
  rounds === 'steps' ? await measureSteps(electron) : await measureWindow(electron, Number(rounds));
console.log(JSON.stringify(figures, undefined, 2));
