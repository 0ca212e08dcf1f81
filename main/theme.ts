// Dark, light or high contrast: the remembered choice drives the native theme, which drives the rest.

import type { NativeTheme } from 'electron';
import type { Disposable } from '../sim/base/disposable.ts';
import { toDisposable } from '../sim/base/disposable.ts';
import { Emitter } from '../sim/base/emitter.ts';
import type { ThemeChoice, ThemeName } from '../sim/protocol/api.ts';
import type { StateFile } from './state-file.ts';

/** Applies and remembers the theme. */
export class Theme {
  readonly #native: NativeTheme;
  readonly #state: StateFile;
  readonly #changed = new Emitter<ThemeName>();

  constructor(native: NativeTheme, state: StateFile) {
    this.#native = native;
    this.#state = state;
    native.themeSource = sourceOf(state.state.theme);
  }

  get current(): ThemeName {
    const { theme } = this.#state.state;
    const { shouldUseHighContrastColors, shouldUseDarkColors } = this.#native;
    if (theme === 'contrast' || (theme === 'system' && shouldUseHighContrastColors)) {
      return 'contrast';
    }
    return shouldUseDarkColors ? 'dark' : 'light';
  }

  /** Applies `choice` at once; settles when it is remembered. */
  choose(choice: ThemeChoice): Promise<void> {
    const before = this.current;
    const remembered = this.#state.update({ theme: choice });
    this.#native.themeSource = sourceOf(choice);
    if (this.current !== before) {
      this.#changed.fire(this.current);
    }
    return remembered;
  }

  /** Told after every change, also one of the desktop's. */
  onDidChange(listener: (theme: ThemeName) => void): Disposable {
    const own = (): void => listener(this.current);
    const chosen = this.#changed.event(listener);
    this.#native.on('updated', own);
    return toDisposable(() => {
      chosen.dispose();
      this.#native.off('updated', own);
    });
  }
}

/** Electron knows no high contrast of its own: native parts are dark with it. */
function sourceOf(choice: ThemeChoice): 'dark' | 'light' | 'system' {
  return choice === 'contrast' ? 'dark' : choice;
}
