// The open scripts: their text models, where they are saved, and whether they have unsaved changes.

import { editor, Uri } from 'monaco-editor/editor/editor.api.js';
import { ensure } from '../../sim/base/assert.ts';
import { Emitter } from '../../sim/base/emitter.ts';
import type { FileText } from '../../sim/protocol/api.ts';
import { Store } from '../base/store.ts';

/** Stands in the URI of settings and keys, whose schemas are found by it. */
export const USER_FOLDER = 'substream-user';

/** An open script as lists and tabs show it. */
export interface DocumentInfo {
  /** Unique as long as the page lives. */
  readonly id: string;
  readonly name: string;
  /** Where it is saved; none for examples and new files. */
  readonly path?: string;
  /** Opened from the gallery and not saved anywhere else. */
  readonly example: boolean;
  /** The session file whose script it is: it shows what ran, and is not changed. */
  readonly recordedIn?: string;
  /** False for settings and keys. */
  readonly isScript: boolean;
  readonly dirty: boolean;
}

interface Entry {
  info: DocumentInfo;
  readonly model: editor.ITextModel;
  savedVersion: number;
}

/** Owns the models of all open scripts. */
export class Documents {
  readonly #entries = new Map<string, Entry>();
  readonly #list = new Store<readonly DocumentInfo[]>([]);
  readonly #userFiles: ReadonlySet<string>;
  readonly #changed = new Emitter<string>();
  #nextId = 1;

  /** The text of a document changed; its id. */
  readonly onDidChangeText = this.#changed.event;

  /** @param userFiles paths of settings and keys */
  constructor(userFiles: readonly string[]) {
    this.#userFiles = new Set(userFiles);
  }

  /** All open scripts in the order of opening. */
  get list(): Store<readonly DocumentInfo[]> {
    return this.#list;
  }

  get(id: string): DocumentInfo | undefined {
    return this.#entries.get(id)?.info;
  }

  model(id: string): editor.ITextModel {
    return ensure(this.#entries.get(id), `document ${id}`).model;
  }

  /** The document of a model's URI, e.g. of a marker. */
  byUri(uri: Uri): DocumentInfo | undefined {
    const key = uri.toString();
    return [...this.#entries.values()].find(({ model }) => model.uri.toString() === key)?.info;
  }

  /** Opens a file; one that is open already is returned as it is, unsaved changes included. */
  open(file: FileText): DocumentInfo {
    const open = this.#list.value.find((info) =>
      file.path === undefined ? info.example && info.name === file.name : info.path === file.path,
    );
    return open ?? this.#add(file.name, file.text, file.path, file.path === undefined);
  }

  /** The script that was recorded in the session file `place`; the text of a newer record counts. */
  recorded(name: string, text: string, place: string): DocumentInfo {
    const open = this.#list.value.find(({ recordedIn }) => recordedIn === place);
    if (open !== undefined && this.model(open.id).getValue() === text) {
      return open;
    }
    const { id } = this.#add(name, text, undefined, false);
    const entry = ensure(this.#entries.get(id), `document ${id}`);
    entry.info = { ...entry.info, recordedIn: place };
    this.#publish();
    return entry.info;
  }

  /** A new file without a name of its own. */
  create(text = ''): DocumentInfo {
    const taken = new Set(this.#list.value.map(({ name }) => name));
    let number = 1;
    while (taken.has(`Untitled-${number}.ts`)) {
      number += 1;
    }
    return this.#add(`Untitled-${number}.ts`, text, undefined, false);
  }

  /** Text to save, and the version to report to {@link markSaved}. */
  snapshot(id: string): { readonly text: string; readonly version: number } {
    const model = this.model(id);
    return { text: model.getValue(undefined, true), version: model.getAlternativeVersionId() };
  }

  /** Notes that `version` is on the disk at `path`. */
  markSaved(id: string, path: string, name: string, version: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      entry.savedVersion = version;
      entry.info = { ...entry.info, path, name, example: false };
      this.#refresh(entry);
    }
  }

  /** Shows `text`, which is what the file holds; one step that Undo takes back. */
  takeSaved(id: string, text: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      replaceText(entry.model, text);
      entry.savedVersion = entry.model.getAlternativeVersionId();
      this.#refresh(entry);
    }
  }

  close(id: string): void {
    this.#entries.get(id)?.model.dispose();
    this.#entries.delete(id);
    this.#publish();
  }

  #add(name: string, text: string, path: string | undefined, example: boolean): DocumentInfo {
    const id = `document-${this.#nextId++}`;
    const isScript = path === undefined || !this.#userFiles.has(path);
    const folder = isScript ? id : `${id}/${USER_FOLDER}`;
    const uri = Uri.parse(`file:///${folder}/${name}`);
    const model = editor.createModel(text, isScript ? 'typescript' : 'json', uri);
    const place = path === undefined ? {} : { path };
    const entry: Entry = {
      info: { id, name, ...place, example, isScript, dirty: false },
      model,
      savedVersion: model.getAlternativeVersionId(),
    };
    this.#entries.set(id, entry);
    model.onDidChangeContent(() => {
      this.#refresh(entry);
      this.#changed.fire(id);
    });
    this.#publish();
    return entry.info;
  }

  #refresh(entry: Entry): void {
    const dirty = entry.model.getAlternativeVersionId() !== entry.savedVersion;
    const { info } = entry;
    const published = this.#list.value.find(({ id }) => id === info.id);
    if (dirty !== info.dirty || published !== info) {
      entry.info = { ...info, dirty };
      this.#publish();
    }
  }

  #publish(): void {
    this.#list.set([...this.#entries.values()].map(({ info }) => info));
  }
}

/** Replaces all text as one step that can be undone. */
export function replaceText(model: editor.ITextModel, text: string): void {
  model.pushStackElement();
  model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
  model.pushStackElement();
}
