// Dark, light or high contrast: the setting drives the native theme, which drives the rest.

import type { NativeTheme } from 'electron';
import type { Disposable } from '../sim/base/disposable.ts';
import { Emitter } from '../sim/base/emitter.ts';
import type { ThemeChoice, ThemeName } from '../sim/protocol/api.ts';
import type { ConfigurationFiles } from './configuration.ts';

/** Applies `workbench.colorTheme`. */
export class Theme {
  readonly #native: NativeTheme;
  readonly #configuration: ConfigurationFiles;
  readonly #changed = new Emitter<ThemeName>();
  #told: ThemeName;

  constructor(native: NativeTheme, configuration: ConfigurationFiles) {
    this.#native = native;
    this.#configuration = configuration;
    native.themeSource = sourceOf(this.#choice);
    this.#told = this.current;
    configuration.onDidChange(() => {
      native.themeSource = sourceOf(this.#choice);
      this.#tell();
    });
    native.on('updated', () => this.#tell());
  }

  get current(): ThemeName {
    const { shouldUseHighContrastColors, shouldUseDarkColors } = this.#native;
    const choice = this.#choice;
    if (choice === 'contrast' || (choice === 'system' && shouldUseHighContrastColors)) {
      return 'contrast';
    }
    return shouldUseDarkColors ? 'dark' : 'light';
  }

  /** Writes `choice` into settings.json, which applies it. */
  choose(choice: ThemeChoice): Promise<void> {
    return this.#configuration.set('workbench.colorTheme', choice);
  }

  /** Told after every change, also one of the desktop's. */
  onDidChange(listener: (theme: ThemeName) => void): Disposable {
    return this.#changed.event(listener);
  }

  get #choice(): ThemeChoice {
    return this.#configuration.settings['workbench.colorTheme'];
  }

  #tell(): void {
    if (this.current !== this.#told) {
      this.#told = this.current;
      this.#changed.fire(this.#told);
    }
  }
}

/** Electron knows no high contrast of its own: native parts are dark with it. */
function sourceOf(choice: ThemeChoice): 'dark' | 'light' | 'system' {
  return choice === 'contrast' ? 'dark' : choice;
}
