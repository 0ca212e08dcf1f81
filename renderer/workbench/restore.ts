// Gives back what an earlier start left unsaved. A file that changed on the disk meanwhile is asked about.

import type { RestoredBackup } from '../../sim/protocol/backups.ts';
import { replaceText } from '../editor/documents.ts';
import type { WorkbenchModel } from './workbench.ts';

const KEEP = 'Keep My Changes';
const TAKE = "Take the File's Text";
/** Escape: nothing is decided, so nothing is given up. */
const LATER = 'Decide Later';

type Parts = Pick<
  WorkbenchModel,
  'remote' | 'documents' | 'layout' | 'prompts' | 'backups' | 'notice'
>;

/** Opens every backup as an unsaved document. */
export async function restoreBackups(parts: Parts): Promise<void> {
  for (const backup of await parts.remote.calls.restoreBackups()) {
    await restoreOne(parts, backup);
  }
}

async function restoreOne(parts: Parts, backup: RestoredBackup): Promise<void> {
  const { documents, layout, prompts, backups } = parts;
  const { key, name, text, changed, saved } = backup;
  if (text === saved) {
    await parts.remote.calls.dropBackup(key);
    return;
  }
  const { id } = await openBase(parts, backup);
  backups.adopt(id, key);
  if (text !== documents.model(id).getValue()) {
    replaceText(documents.model(id), text);
  }
  layout.show(id);
  if (changed && saved !== undefined) {
    const answer = await prompts.question(
      `${name} has changed on the disk since your unsaved changes.`,
      'Your changes are shown. Saving them replaces what is on the disk now.',
      [KEEP, TAKE, LATER],
    );
    if (answer === TAKE) {
      documents.takeSaved(id, saved);
    }
  }
}

/** The document as it is saved, for the unsaved text to go on top. */
async function openBase(
  { remote, documents }: Parts,
  { name, path, example, saved }: RestoredBackup,
): Promise<{ readonly id: string }> {
  if (path !== undefined) {
    return documents.open({ path, name, text: saved ?? '' });
  }
  if (example === true) {
    const original = await remote.calls.openExample(name).catch(() => undefined);
    return original === undefined ? documents.create() : documents.open(original);
  }
  return documents.create();
}
