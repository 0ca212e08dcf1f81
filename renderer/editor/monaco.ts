// Monaco as this workbench uses it: TypeScript, and JSON for settings and keys; bundled, its workers
// started from our own files.

// All features at once: the TypeScript mode, loaded later, brings the rest of them anyway, and services
// that register after the first editor was made are unknown to it.
import 'monaco-editor/features/register.all.js';
import 'monaco-editor/languages/definitions/typescript/register.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import TypeScriptWorker from 'monaco-editor/language/typescript/ts.worker.js?worker';
import JsonWorker from 'monaco-editor/languages/features/json/json.worker.js?worker';
import { jsonDefaults } from 'monaco-editor/languages/features/json/register.js';
import { typescriptDefaults } from 'monaco-editor/languages/features/typescript/register.js';
import type { UserFileName } from '../../sim/protocol/configuration.ts';
import { keybindingsSchema } from '../../sim/protocol/keybindings.ts';
import { settingsSchema } from '../../sim/protocol/settings.ts';
import { USER_FOLDER } from './documents.ts';

/** `moduleDetection: force` of the TypeScript compiler, which Monaco's types do not name. */
const MODULE_DETECTION_FORCE = 3;
/** `ESNext` of `ScriptTarget` and of `ModuleKind`; the library below is what limits scripts. */
const ESNEXT = 99;

/** Prepares Monaco; called once, before the first editor. `declarations`: what scripts see. */
export function setUpMonaco(
  declarations: readonly { readonly name: string; readonly text: string }[],
): void {
  self.MonacoEnvironment = {
    getWorker: (_id, label) => {
      if (label === 'json') {
        return new JsonWorker();
      }
      return label === 'typescript' || label === 'javascript'
        ? new TypeScriptWorker()
        : new EditorWorker();
    },
  };
  jsonDefaults.setDiagnosticsOptions({
    validate: true,
    allowComments: true,
    comments: 'ignore',
    trailingCommas: 'ignore',
    schemas: [
      schemaFor('settings.json', settingsSchema()),
      schemaFor('keybindings.json', keybindingsSchema()),
    ],
  });
  typescriptDefaults.setCompilerOptions({
    target: ESNEXT,
    lib: ['es2023'],
    module: ESNEXT,
    moduleDetection: MODULE_DETECTION_FORCE,
    strict: true,
    noEmit: true,
    noImplicitOverride: true,
    noFallthroughCasesInSwitch: true,
    erasableSyntaxOnly: true,
    allowNonTsExtensions: true,
    types: [],
  });
  typescriptDefaults.setDiagnosticsOptions({
    noSemanticValidation: false,
    noSyntaxValidation: false,
    noSuggestionDiagnostics: false,
  });
  typescriptDefaults.setEagerModelSync(true);
  for (const { name, text } of declarations) {
    typescriptDefaults.addExtraLib(text, `file:///${name}`);
  }
}

function schemaFor(name: UserFileName, schema: object) {
  return { uri: `substream://schemas/${name}`, fileMatch: [`**/${USER_FOLDER}/${name}`], schema };
}
