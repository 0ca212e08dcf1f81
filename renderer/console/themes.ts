// The console's colours in all themes; every one has a contrast of at least 4.5 to 1 on its background.

import type { ITheme } from '@xterm/xterm';
import type { ThemeName } from '../../sim/protocol/api.ts';

/** xterm's palettes by theme. */
export const TERMINAL_THEMES: Readonly<Record<ThemeName, ITheme>> = {
  dark: {
    background: '#181818',
    foreground: '#cccccc',
    cursor: '#cccccc',
    selectionBackground: '#264f78',
    black: '#000000',
    red: '#f48771',
    green: '#89d185',
    yellow: '#d7ba7d',
    blue: '#75beff',
    magenta: '#c586c0',
    cyan: '#6fc3df',
    white: '#cccccc',
    brightBlack: '#8b949e',
  },
  contrast: {
    background: '#000000',
    foreground: '#ffffff',
    cursor: '#ffffff',
    selectionBackground: '#0f4a85',
    black: '#000000',
    red: '#ff9d85',
    green: '#9ff09a',
    yellow: '#ffe08a',
    blue: '#8fd0ff',
    magenta: '#f0b3ff',
    cyan: '#7fe3ff',
    white: '#ffffff',
    brightBlack: '#d0d0d0',
  },
  light: {
    background: '#f8f8f8',
    foreground: '#1f1f1f',
    cursor: '#1f1f1f',
    selectionBackground: '#add6ff',
    black: '#000000',
    red: '#c01c1c',
    green: '#1a7f37',
    yellow: '#8a5a00',
    blue: '#0550ae',
    magenta: '#8250df',
    cyan: '#0e6b86',
    white: '#57606a',
    brightBlack: '#636c76',
  },
};
