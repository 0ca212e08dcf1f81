// Opening, saving and closing documents: what the explorer, the tabs and the File menu share.

import { Emitter } from '../../sim/base/emitter.ts';
import type { ExampleInfo, FileText } from '../../sim/protocol/api.ts';
import type { UserFileName } from '../../sim/protocol/configuration.ts';
import type { Remote } from '../base/connection.ts';
import { Store } from '../base/store.ts';
import type { Prompts } from '../commands/quick-pick.ts';
import type { DocumentInfo, Documents } from '../editor/documents.ts';

/** A file of the list of recent ones. */
export interface RecentFile {
  readonly path: string;
  readonly name: string;
}

/** Shows documents, wherever that is. */
export interface DocumentShower {
  show(id: string): void;
  remove(id: string): void;
}

/** The files of the window. */
export class FilesView {
  readonly #remote: Remote;
  readonly #documents: Documents;
  readonly #prompts: Prompts;
  readonly #shower: DocumentShower;
  readonly #opened = new Emitter<{ readonly file: FileText; readonly id: string }>();
  readonly #problems = new Emitter<string>();
  /** A session file was opened; its script is document `id`. */
  readonly onDidOpenSession = this.#opened.event;
  /** A file could be opened in part only. */
  readonly onDidFindProblem = this.#problems.event;
  readonly examples = new Store<readonly ExampleInfo[]>([]);
  readonly recent = new Store<readonly RecentFile[]>([]);

  constructor(remote: Remote, documents: Documents, prompts: Prompts, shower: DocumentShower) {
    this.#remote = remote;
    this.#documents = documents;
    this.#prompts = prompts;
    this.#shower = shower;
    let told = '';
    documents.list.onDidChange((list) => {
      const dirty = list.filter((document) => document.dirty).map(({ name }) => name);
      if (dirty.join('\n') !== told) {
        told = dirty.join('\n');
        void remote.calls.setDirty(dirty);
      }
    });
  }

  /** Fills the explorer and opens what the window was started with. */
  async start(): Promise<void> {
    const { calls } = this.#remote;
    const [files] = await Promise.all([calls.initialFiles(), this.#refreshRecent()]);
    for (const file of files) {
      this.openText(file);
    }
    this.examples.set(await calls.examples());
    await this.#refreshRecent();
  }

  create(): void {
    this.#shower.show(this.#documents.create().id);
  }

  openText(file: FileText): void {
    const { session, problem } = file;
    // A session's script belongs to the record: it has no place where saving would put it back.
    const script = session === undefined ? file : { name: session.file, text: file.text };
    const { id } =
      session === undefined
        ? this.#documents.open(script)
        : this.#documents.recorded(script.name, script.text, file.path ?? session.session);
    this.#shower.show(id);
    if (session !== undefined) {
      this.#opened.fire({ file, id });
    }
    if (problem !== undefined) {
      this.#problems.fire(`Only the script of this session can be shown: ${problem}`);
    }
  }

  /** Shows a file that was opened outside of the window: dropped, or by a second start. */
  async take(file: FileText): Promise<void> {
    this.openText(file);
    await this.#refreshRecent();
  }

  async openDialog(): Promise<void> {
    const file = await this.#remote.calls.openDialog();
    if (file !== undefined) {
      this.openText(file);
      await this.#refreshRecent();
    }
  }

  async openPath(path: string): Promise<void> {
    try {
      this.openText(await this.#remote.calls.openFile(path));
    } finally {
      await this.#refreshRecent();
    }
  }

  async openExample(name: string): Promise<void> {
    this.openText(await this.#remote.calls.openExample(name));
  }

  /** Opens settings or keys. */
  async openUserFile(name: UserFileName): Promise<void> {
    this.openText(await this.#remote.calls.openUserFile(name));
  }

  /** Shows a file's text of now where the document has no unsaved changes. */
  async refresh(path: string): Promise<void> {
    const document = this.#documents.list.value.find((info) => info.path === path);
    if (document !== undefined && !document.dirty) {
      const { text } = await this.#remote.calls.openFile(path);
      const isDirty = this.#documents.get(document.id)?.dirty !== false;
      if (!isDirty && text !== this.#documents.snapshot(document.id).text) {
        this.#documents.takeSaved(document.id, text);
      }
    }
  }

  /** Saves a document that has a place, without any question. @throws when that needs one */
  async saveQuietly(id: string): Promise<void> {
    const document = this.#documents.get(id);
    if (document?.path !== undefined) {
      const { name, path } = document;
      const { text, version } = this.#documents.snapshot(id);
      await this.#remote.calls.saveFile({ path, name, text });
      this.#documents.markSaved(id, path, name, version);
    }
  }

  /** Saves; says whether the document is on the disk now. */
  async save(id: string, ask = false): Promise<boolean> {
    const document = this.#documents.get(id);
    if (document === undefined) {
      return true;
    }
    const { text, version } = this.#documents.snapshot(id);
    const place = ask || document.path === undefined ? {} : { path: document.path };
    const saved = await this.#write({ ...place, name: document.name, text }, id);
    if (saved === undefined) {
      return false;
    }
    this.#documents.markSaved(id, saved.path, saved.name, version);
    await this.#refreshRecent();
    return true;
  }

  /** Saves, after a question when the file changed on the disk; undefined when that was declined. */
  async #write(
    file: { readonly path?: string; readonly name: string; readonly text: string },
    id: string,
  ): Promise<{ readonly path: string; readonly name: string } | undefined> {
    const { calls } = this.#remote;
    try {
      return await calls.saveFile(file);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'FileChangedError') {
        throw error;
      }
    }
    const answer = await this.#prompts.question(
      `${file.name} has changed on the disk since it was opened.`,
      'Saving replaces what is there now. Taking it replaces what you see; Undo brings that back.',
      ['Overwrite', "Take the File's Text", 'Cancel'],
    );
    if (answer === 'Overwrite') {
      return calls.saveFile({ ...file, overwrite: true });
    }
    if (answer === "Take the File's Text" && file.path !== undefined) {
      const { text } = await calls.openFile(file.path);
      this.#documents.takeSaved(id, text);
    }
    return undefined;
  }

  /** Saves everything that has unsaved changes, until a dialog is cancelled. */
  async saveAll(): Promise<boolean> {
    for (const document of this.#documents.list.value) {
      if (document.dirty && !(await this.save(document.id))) {
        return false;
      }
    }
    return true;
  }

  /** Closes a tab, after the question about unsaved changes. */
  async close(id: string): Promise<void> {
    const document = this.#documents.get(id);
    if (document !== undefined && (!document.dirty || (await this.#mayClose(document)))) {
      this.#shower.remove(id);
      this.#documents.close(id);
    }
  }

  async #mayClose(document: DocumentInfo): Promise<boolean> {
    const answer = await this.#prompts.question(
      `Do you want to save the changes you made to ${document.name}?`,
      'Your changes will be lost if you do not save them.',
      ['Save', "Don't Save", 'Cancel'],
    );
    return answer === "Don't Save" || (answer === 'Save' && (await this.save(document.id)));
  }

  async #refreshRecent(): Promise<void> {
    this.recent.set(await this.#remote.calls.recentFiles());
  }
}
