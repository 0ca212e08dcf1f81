// Entry of scripts/bench-window.mjs: the Electron to measure, and how often.

import { measureWindow } from './measure.ts';

const [electron = '', rounds = '7'] = process.argv.slice(2);
console.log(JSON.stringify(await measureWindow(electron, Number(rounds)), undefined, 2));
