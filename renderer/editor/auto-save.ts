// Saves changed files that have a place on the disk, as `files.autoSave` says. A file that somebody else
// changed is left to the person: saving it asks.

import type { Disposable } from '../../sim/base/disposable.ts';
import { DisposableStore, toDisposable } from '../../sim/base/disposable.ts';
import type { Preferences } from '../preferences/preferences.ts';
import type { Documents } from './documents.ts';

/** Saves a document without asking anything. */
export type QuietSave = (id: string) => Promise<void>;

/** Follows all open documents; dispose the result to stop. */
export function autoSave(
  documents: Documents,
  preferences: Preferences,
  save: QuietSave,
): Disposable {
  const owned = new DisposableStore();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const saveAll = (): void => {
    for (const { id, dirty, path } of documents.list.value) {
      if (dirty && path !== undefined) {
        void save(id);
      }
    }
  };
  owned.add(
    documents.onDidChangeText(() => {
      clearTimeout(timer);
      if (preferences.settings['files.autoSave'] === 'afterDelay') {
        timer = setTimeout(saveAll, preferences.settings['files.autoSaveDelay']);
      }
    }),
  );
  const onBlur = (): void => {
    if (preferences.settings['files.autoSave'] === 'onWindowChange') {
      saveAll();
    }
  };
  window.addEventListener('blur', onBlur);
  owned.add(
    toDisposable(() => {
      clearTimeout(timer);
      window.removeEventListener('blur', onBlur);
    }),
  );
  return owned;
}
