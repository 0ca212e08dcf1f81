// What the person's settings and keys say, for everything in the window that follows them.

import type { Disposable } from '../../sim/base/disposable.ts';
import type { Configuration } from '../../sim/protocol/configuration.ts';
import type { Binding } from '../../sim/protocol/keybindings.ts';
import { bindingsOf } from '../../sim/protocol/keybindings.ts';
import type { Settings } from '../../sim/protocol/settings.ts';
import { IS_MAC } from '../base/dom.ts';
import { Store } from '../base/store.ts';

/** Settings and keys as they apply now. */
export class Preferences {
  readonly configuration: Store<Configuration>;
  /** Every key that means something, weakest first. */
  readonly bindings: Store<readonly Binding[]>;
  #rules: string;

  constructor(start: Configuration) {
    this.configuration = new Store(start);
    this.bindings = new Store(bindingsOf(start.keybindings, IS_MAC));
    this.#rules = JSON.stringify(start.keybindings);
  }

  get settings(): Settings {
    return this.configuration.value.settings;
  }

  /** Whether editor and console serve a screen reader. */
  get accessible(): boolean {
    const { settings, screenReader } = this.configuration.value;
    const support = settings['editor.accessibilitySupport'];
    return support === 'on' || (support === 'auto' && screenReader);
  }

  take(now: Configuration): void {
    this.configuration.set(now);
    const rules = JSON.stringify(now.keybindings);
    if (rules !== this.#rules) {
      this.#rules = rules;
      this.bindings.set(bindingsOf(now.keybindings, IS_MAC));
    }
  }

  /** Calls `apply` now and after every change. */
  follow(apply: (settings: Settings) => void): Disposable {
    apply(this.settings);
    return this.configuration.onDidChange(({ settings }) => apply(settings));
  }
}
