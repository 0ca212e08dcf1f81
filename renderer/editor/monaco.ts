// Monaco as this workbench uses it: TypeScript only, bundled, its two workers started from our own files.

// All features at once: the TypeScript mode, loaded later, brings the rest of them anyway, and services
// that register after the first editor was made are unknown to it.
import 'monaco-editor/features/register.all.js';
import 'monaco-editor/languages/definitions/typescript/register.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import TypeScriptWorker from 'monaco-editor/language/typescript/ts.worker.js?worker';
import { typescriptDefaults } from 'monaco-editor/languages/features/typescript/register.js';

/** `moduleDetection: force` of the TypeScript compiler, which Monaco's types do not name. */
const MODULE_DETECTION_FORCE = 3;
/** `ESNext` of `ScriptTarget` and of `ModuleKind`; the library below is what limits scripts. */
const ESNEXT = 99;

/** Prepares Monaco; called once, before the first editor. `declarations`: what scripts see. */
export function setUpMonaco(
  declarations: readonly { readonly name: string; readonly text: string }[],
): void {
  self.MonacoEnvironment = {
    getWorker: (_id, label) =>
      label === 'typescript' || label === 'javascript'
        ? new TypeScriptWorker()
        : new EditorWorker(),
  };
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
