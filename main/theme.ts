// Dark or light: the remembered choice drives Electron's native theme, which drives everything else.

import type { NativeTheme } from 'electron';
import type { Disposable } from '../sim/base/disposable.ts';
import { toDisposable } from '../sim/base/disposable.ts';
import type { ThemeChoice } from '../sim/protocol/api.ts';
import type { StateFile } from './state-file.ts';

/** Applies and remembers the theme. */
export class Theme {
  readonly #native: NativeTheme;
  readonly #state: StateFile;

  constructor(native: NativeTheme, state: StateFile) {
    this.#native = native;
    this.#state = state;
    native.themeSource = state.state.theme;
  }

  get current(): 'dark' | 'light' {
    return this.#native.shouldUseDarkColors ? 'dark' : 'light';
  }

  /** Applies `choice` at once; settles when it is remembered. */
  choose(choice: ThemeChoice): Promise<void> {
    this.#native.themeSource = choice;
    return this.#state.update({ theme: choice });
  }

  /** Told after every change, also one of the desktop's. */
  onDidChange(listener: (theme: 'dark' | 'light') => void): Disposable {
    const own = (): void => listener(this.current);
    this.#native.on('updated', own);
    return toDisposable(() => this.#native.off('updated', own));
  }
}
